#include "common/stream/partitioner.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace godwit::stream {
namespace {

// Published with librdkafka, computed by Java's own client.
const std::vector<std::pair<std::string, std::uint32_t>> vectors{
    {"kafka", 0xd067cf64},
    {"giberish123456789", 0x8f552b0c},
    {"1234", 0x9fc97b14},
    {"234", 0xe7c009ca},
    {"34", 0x873930da},
    {"4", 0x5a4b5ca1},
    {"PreAmbleWillBeRemoved,ThePrePartThatIs", 0x78424f1c},
    {"reAmbleWillBeRemoved,ThePrePartThatIs", 0x4a62b377},
    {"eAmbleWillBeRemoved,ThePrePartThatIs", 0xe0e4e09e},
    {"AmbleWillBeRemoved,ThePrePartThatIs", 0x62b8b43f},
    {"", 0x106e08d9},
};

TEST_CASE("the hash is the one Java computes") {
  for (const auto& vector : vectors) {
    CAPTURE(vector.first);
    CHECK(murmur2(vector.first) == vector.second);
  }
}

TEST_CASE("a partition is the positive part of the hash, modulo the count") {
  CHECK(partition_of("kafka", 12) == Partition{0x5067cf64 % 12});
  CHECK(partition_of("4", 7) == Partition{0x5a4b5ca1 % 7});
  CHECK(partition_of("anything", 1) == Partition{0});
}

TEST_CASE("bytes above 127 count as bytes, not as negative numbers") {
  CHECK(murmur2("\xC3\xA9") != murmur2("\x43\x29"));
  CHECK(partition_of("m\xC3\xBCnchen-1", 12).value() >= 0);
}

}  // namespace
}  // namespace godwit::stream
