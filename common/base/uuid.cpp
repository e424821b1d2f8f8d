#include "common/base/uuid.h"

#include <cstdint>
#include <random>
#include <string>

#include "common/base/digits.h"

namespace godwit {
namespace {

constexpr std::size_t uuid_characters = 36;

}  // namespace

std::string make_uuid_v7(Timestamp now) {
  // One generator per thread, seeded from the operating system: no lock, and no two threads share a sequence.
  thread_local std::mt19937_64 random{(static_cast<std::uint64_t>(std::random_device{}()) << 32) ^
                                      std::random_device{}()};
  const auto ms = static_cast<std::uint64_t>(to_unix_ms(now)) & 0xFFFFFFFFFFFFULL;
  const std::uint64_t a = random();
  const std::uint64_t b = random();
  std::string out;
  out.reserve(uuid_characters);
  append_digits<16>(out, ms >> 16, 8);
  out += '-';
  append_digits<16>(out, ms, 4);
  out += '-';
  append_digits<16>(out, 0x7000 | (a & 0xFFF), 4);
  out += '-';
  append_digits<16>(out, 0x8000 | ((a >> 12) & 0x3FFF), 4);
  out += '-';
  append_digits<16>(out, b, 12);
  return out;
}

}  // namespace godwit
