// The content coding `gzip` (RFC 1952). The only user of zlib.
#pragma once

#include <string>
#include <string_view>

namespace godwit::http {

// Fast rather than small: text shrinks to about a tenth.
std::string gzip(std::string_view text);

}  // namespace godwit::http
