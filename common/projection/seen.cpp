#include "common/projection/projection.h"

namespace godwit::projection {

std::string Seen::to_bytes() const {
  std::string out;
  out.reserve(hashes_.size() * 8);
  for (const std::uint64_t hash : hashes_)
    for (int byte = 0; byte < 8; ++byte) out.push_back(static_cast<char>((hash >> (8 * byte)) & 0xFF));
  return out;
}

Seen Seen::from_bytes(std::string_view bytes) {
  Seen seen;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t hash = 0;
    for (std::size_t byte = 0; byte < 8; ++byte)
      hash |= std::uint64_t{static_cast<unsigned char>(bytes[at + byte])} << (8 * byte);
    seen.hashes_.push_back(hash);
  }
  return seen;
}

}  // namespace godwit::projection
