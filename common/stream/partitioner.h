// Which partition of a topic a key belongs to, as Java's producer decides it by default. Every producer of
// this system decides so, hence whoever knows the key knows the partition. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/stream/record.h"

namespace godwit::stream {

// MurmurHash2, 32 bits, with the seed Kafka uses.
std::uint32_t murmur2(std::string_view key);

// `count` is the number of partitions, at least 1.
Partition partition_of(std::string_view key, std::int32_t count);

}  // namespace godwit::stream
