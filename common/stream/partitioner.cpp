#include "common/stream/partitioner.h"

#include "common/base/check.h"

namespace godwit::stream {
namespace {

constexpr std::uint32_t seed = 0x9747b28c;
constexpr std::uint32_t multiplier = 0x5bd1e995;
constexpr int rotation = 24;
constexpr std::size_t word_bytes = 4;
constexpr std::uint32_t positive = 0x7fffffff;

std::uint32_t byte_at(std::string_view key, std::size_t at) { return static_cast<unsigned char>(key[at]); }

// Little-endian on every machine.
std::uint32_t word_at(std::string_view key, std::size_t at) {
  return byte_at(key, at) | byte_at(key, at + 1) << 8U | byte_at(key, at + 2) << 16U |
         byte_at(key, at + 3) << 24U;
}

}  // namespace

std::uint32_t murmur2(std::string_view key) {
  std::uint32_t hash = seed ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  for (; at + word_bytes <= key.size(); at += word_bytes) {
    std::uint32_t word = word_at(key, at) * multiplier;
    word = (word ^ word >> rotation) * multiplier;
    hash = hash * multiplier ^ word;
  }
  if (at < key.size()) {
    for (std::size_t left = key.size() - at; left > 0; --left)
      hash ^= byte_at(key, at + left - 1) << (8U * (left - 1));
    hash *= multiplier;
  }
  hash = (hash ^ hash >> 13U) * multiplier;
  return hash ^ hash >> 15U;
}

Partition partition_of(std::string_view key, std::int32_t count) {
  GODWIT_CHECK(count > 0, "a topic has at least one partition, not {}", count);
  return Partition{static_cast<std::int32_t>((murmur2(key) & positive) % static_cast<std::uint32_t>(count))};
}

}  // namespace godwit::stream
