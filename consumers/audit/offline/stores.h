// The stores of a data directory, opened for reading with nothing running.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/sqlite/readers.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/signed_heads.h"

namespace godwit::audit::offline {

// All serving files, by the names of their stores; an error for one that cannot be opened, and for none.
Status open_stores(const std::string& data, sqlite::Readers& stores);

// The newest signed tree of that partition with at most `size_max` leaves, as signed.db has it: whether the
// key has signed it is for whoever gets it to verify. StoreFailure passes through.
std::optional<KeptHead> newest_head(const std::string& data, const ledger::Origin& origin,
                                    std::uint64_t size_max);

}  // namespace godwit::audit::offline
