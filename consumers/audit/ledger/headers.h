// A record's headers as bytes: as they are stored, and as they are hashed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/stream/record.h"

namespace godwit::audit::ledger {

// Exact and in order: u32 count, then for each u32 size and name, u32 size and value; sizes are big-endian,
// and a value that is null has the size 0xFFFFFFFF.
void pack_headers(const std::vector<stream::HeaderView>& headers, std::string& out);
std::string pack_headers(const std::vector<stream::HeaderView>& headers);
// nullopt when the bytes are not what pack_headers() writes. The views lie within `packed`.
std::optional<std::vector<stream::HeaderView>> unpack_headers(std::string_view packed);

}  // namespace godwit::audit::ledger
