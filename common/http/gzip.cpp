#include "common/http/gzip.h"

#include <zlib.h>

#include "common/base/check.h"

namespace godwit::http {
namespace {

constexpr int window_bits_gzip = 15 + 16;  // the largest window, in a gzip wrapper
constexpr int memory_level = 8;

}  // namespace

std::string gzip(std::string_view text) {
  z_stream stream{};
  int code =
      deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits_gzip, memory_level, Z_DEFAULT_STRATEGY);
  GODWIT_CHECK(code == Z_OK, "deflateInit2 says {}", code);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  // zlib reads only, whatever its type says.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: zlib has no const
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT: zlib has no const
  stream.avail_out = static_cast<uInt>(out.size());
  code = deflate(&stream, Z_FINISH);
  GODWIT_CHECK(code == Z_STREAM_END, "deflate says {}", code);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace godwit::http
