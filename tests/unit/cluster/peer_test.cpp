#include "common/cluster/peer.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/cluster/peers_of.h"

namespace godwit::cluster {
namespace {

TEST_CASE("what a peer says is read back as it was said") {
  Peer peer = test::peer("a", {0, 3});
  peer.partition_counts = {{"migrations.lifecycle", 4}, {"migrations.progress", 4}};
  peer.partitions[1].caught_up = false;
  peer.partitions[1].next_offset = 7;
  peer.partitions[1].high_offset = 90;
  const auto again = read_peer(to_json(peer));
  REQUIRE(again);
  CHECK(to_json(*again) == to_json(peer));
  CHECK(again->partitions[1].lag() == 83);
  CHECK(key_of(*again) == "group/a");
}

TEST_CASE("a word that lacks a member, has one of another type or is cut short is not taken at all") {
  const std::string good = to_json(test::peer("a", {0}));
  REQUIRE(read_peer(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(read_peer(good.substr(0, size)));
  }
  for (const char* name : {"consumer", "group", "instance", "url", "version", "epoch_ms", "partition_counts",
                           "partitions", "topic", "next_offset", "caught_up"}) {
    CAPTURE(name);
    std::string other = good;
    other.replace(other.find(std::string{"\""} + name + "\""), 2, "\"X");
    CHECK_FALSE(read_peer(other));
  }
  CHECK_FALSE(read_peer("[]"));
  CHECK_FALSE(read_peer(R"({"consumer":{"consumer":{"consumer":{"consumer":{}}}}})"));
}

TEST_CASE("a word over a limit is not taken") {
  Peer peer = test::peer("a", {0, 1, 2});
  const std::string json = to_json(peer);
  CHECK_FALSE(read_peer(json, {.bytes_max = json.size() - 1}));
  CHECK_FALSE(read_peer(json, {.partitions_max = 2}));
  peer.url = std::string(2000, 'x');
  CHECK_FALSE(read_peer(to_json(peer)));
  peer.url = "http://a";
  peer.partitions[0].at.partition = stream::Partition{-1};
  CHECK_FALSE(read_peer(to_json(peer)));
}

}  // namespace
}  // namespace godwit::cluster
