#include "common/cluster/board.h"

#include <doctest/doctest.h>

#include "tests/unit/cluster/peers_of.h"

namespace godwit::cluster {
namespace {

using std::chrono::seconds;

// A board and a clock that moves when told.
struct Listener {
  PeerBoard board{{.consumer = "consumer", .group = "group"}};
  Steady::time_point now{};

  bool hear(const Peer& peer) { return board.heard(key_of(peer), to_json(peer), now); }
  std::string owner(const std::string& store) const {
    const auto owners = board.owners(now);
    const auto found = owners.find(store);
    return found == owners.end() ? "" : found->second.instance;
  }
};

TEST_CASE("who says that it owns a partition does, until it has been silent for three beats") {
  Listener at;
  CHECK(at.hear(test::peer("a", {0, 3})));
  CHECK(at.owner("p-0000") == "a");
  CHECK(at.owner("p-0003") == "a");
  CHECK(at.owner("p-0001").empty());
  at.now += seconds{6};
  CHECK(at.owner("p-0000") == "a");
  at.now += Millis{1};
  CHECK(at.owner("p-0000").empty());
  CHECK(at.board.peers(at.now).empty());
}

TEST_CASE("a tombstone ends a peer at once") {
  Listener at;
  at.hear(test::peer("a", {0}));
  CHECK(at.board.heard("group/a", std::nullopt, at.now));
  CHECK(at.owner("p-0000").empty());
  CHECK_FALSE(at.board.heard("group/a", std::nullopt, at.now));
}

TEST_CASE("of two that claim a partition the newer process is right, and of equals the last heard") {
  Listener at;
  at.hear(test::peer("old", {0}, 1'000));
  at.now += seconds{1};
  at.hear(test::peer("new", {0}, 2'000));
  at.now += seconds{1};
  at.hear(test::peer("old", {0}, 1'000));
  CHECK(at.owner("p-0000") == "new");
  at.hear(test::peer("equal", {0}, 2'000));
  CHECK(at.owner("p-0000") == "equal");
}

TEST_CASE("the last words of a process that has been replaced change nothing") {
  Listener at;
  at.hear(test::peer("a", {1}, 2'000));
  CHECK_FALSE(at.hear(test::peer("a", {0}, 1'000)));
  CHECK(at.owner("p-0000").empty());
  CHECK(at.owner("p-0001") == "a");
}

TEST_CASE("a process whose clock was set back is believed once its predecessor is silent") {
  Listener at;
  at.hear(test::peer("a", {1}, 2'000));
  at.now += seconds{7};
  CHECK(at.hear(test::peer("a", {0}, 1'000)));
  CHECK(at.owner("p-0000") == "a");
}

TEST_CASE("other consumers and other groups do not count") {
  Listener at;
  Peer other = test::peer("a", {0});
  other.consumer = "another";
  CHECK_FALSE(at.hear(other));
  other = test::peer("a", {0});
  other.group = "another";
  CHECK_FALSE(at.hear(other));
  CHECK(at.board.peers(at.now).empty());
  CHECK(at.board.rubbish_total() == 0);
}

TEST_CASE("rubbish on the topic is counted and changes nothing") {
  Listener at;
  at.hear(test::peer("a", {0}));
  CHECK_FALSE(at.board.heard("group/a", "{", at.now));
  CHECK_FALSE(at.board.heard("group/somebody-else", to_json(test::peer("a", {1})), at.now));
  CHECK(at.board.rubbish_total() == 2);
  CHECK(at.owner("p-0000") == "a");
}

TEST_CASE("a beat with other positions is no news, and another claim is") {
  Listener at;
  Peer peer = test::peer("a", {0});
  at.hear(peer);
  peer.partitions[0].next_offset = 9;
  CHECK_FALSE(at.hear(peer));
  peer.partitions[0].caught_up = false;
  CHECK(at.hear(peer));
}

TEST_CASE("a store has caught up when all its topics have") {
  Listener at;
  Peer peer = test::peer("a", {0});
  peer.partitions.push_back({{"migrations.progress", stream::Partition{0}}, 0, 9, false});
  at.hear(peer);
  CHECK_FALSE(at.board.owners(at.now).at("p-0000").caught_up);
  peer.partitions[1].caught_up = true;
  at.hear(peer);
  CHECK(at.board.owners(at.now).at("p-0000").caught_up);
}

TEST_CASE("a group larger than the board's bound does not grow it") {
  Listener at;
  at.board = PeerBoard{{.consumer = "consumer", .group = "group", .peers_max = 2}};
  for (const char* name : {"a", "b", "c"}) at.hear(test::peer(name, {0}));
  CHECK(at.board.peers(at.now).size() == 2);
  at.now += seconds{7};
  CHECK(at.hear(test::peer("c", {0})));
}

}  // namespace
}  // namespace godwit::cluster
