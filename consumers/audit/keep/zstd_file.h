// Files as zstd frames (RFC 8878), in constant memory. The only user of libzstd.
#pragma once

#include <string>

#include "common/base/result.h"

namespace godwit::audit::keep {

// Writes `to`, which must not exist, from the bytes of `from`, with a checksum. Not synced. Errors are
// `transient` and name the path.
Status compress_file(const std::string& from, const std::string& to);
// The bytes again; `invalid` when `from` is no whole frame or damaged. What was written of `to` stays.
Status decompress_file(const std::string& from, const std::string& to);

}  // namespace godwit::audit::keep
