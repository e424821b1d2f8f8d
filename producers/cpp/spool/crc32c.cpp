#include "producers/cpp/spool/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace godwit::producer {
namespace {

constexpr std::size_t lanes = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, lanes>;

// tables[k][b]: what byte b does to the sum when k more bytes follow it in the same step.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0x82F63B78U : 0U);
    tables[0][byte] = sum;
  }
  for (std::size_t lane = 1; lane < lanes; ++lane)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[lane][byte] = (tables[lane - 1][byte] >> 8) ^ tables[0][tables[lane - 1][byte] & 0xFF];
  return tables;
}

constexpr Tables tables = make_tables();

#if defined(__x86_64__)
// By the processor's own instruction: about ten times as fast.
[[gnu::target("sse4.2")]] std::uint32_t by_instruction(std::string_view bytes) {
  std::uint64_t sum = ~0U;
  for (; bytes.size() >= sizeof(sum); bytes.remove_prefix(sizeof(sum))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    sum = __builtin_ia32_crc32di(sum, word);
  }
  auto rest = static_cast<std::uint32_t>(sum);
  for (const char byte : bytes) rest = __builtin_ia32_crc32qi(rest, static_cast<std::uint8_t>(byte));
  return ~rest;
}

bool has_instruction() {
  static const bool has = __builtin_cpu_supports("sse4.2") != 0;
  return has;
}
#endif

}  // namespace

std::uint32_t crc32c_by_tables(std::string_view bytes) {
  std::uint32_t sum = ~0U;
  const auto at = [&bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  // Eight independent look-ups per step: about five times as fast as byte by byte.
  for (; bytes.size() >= lanes; bytes.remove_prefix(lanes)) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < lanes; ++i) {
      const std::uint32_t mixed = i < 4 ? (sum >> (8 * i)) & 0xFF : 0;
      next ^= tables[lanes - 1 - i][at(i) ^ mixed];
    }
    sum = next;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) sum = (sum >> 8) ^ tables[0][(sum & 0xFF) ^ at(i)];
  return ~sum;
}

std::uint32_t crc32c(std::string_view bytes) {
#if defined(__x86_64__)
  if (has_instruction()) return by_instruction(bytes);
#endif
  return crc32c_by_tables(bytes);
}

}  // namespace godwit::producer
