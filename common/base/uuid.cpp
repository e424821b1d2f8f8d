#include "common/base/uuid.h"

#include <fmt/format.h>

#include <cstdint>
#include <random>

namespace godwit {

std::string make_uuid_v7(Timestamp now) {
  // One generator per thread, seeded from the operating system: no lock, and no two threads share a sequence.
  thread_local std::mt19937_64 random{(static_cast<std::uint64_t>(std::random_device{}()) << 32) ^
                                      std::random_device{}()};
  const auto ms = static_cast<std::uint64_t>(to_unix_ms(now)) & 0xFFFFFFFFFFFFULL;
  const std::uint64_t a = random();
  const std::uint64_t b = random();
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", ms >> 16, ms & 0xFFFF, a & 0xFFF,
                     0x8000 | ((a >> 12) & 0x3FFF), b & 0xFFFFFFFFFFFFULL);
}

}  // namespace godwit
