#include "common/cluster/link.h"

#include <doctest/doctest.h>

#include <deque>

#include "common/stream/memory_log.h"
#include "tests/unit/cluster/peers_of.h"

namespace godwit::cluster {
namespace {

using std::chrono::seconds;
const stream::TopicPartition topic{peers_topic, stream::Partition{0}};

// The topic in memory, which can be away, and keeps acknowledgements back when told.
class Topic final : public stream::Publisher {
 public:
  Status publish(stream::OutRecord record, stream::Acknowledge acknowledge) override {
    if (away) return transient_error("away");
    const stream::Placed placed = log.append(std::move(record));
    if (slow)
      late.push_back(std::move(acknowledge));
    else
      acknowledge(placed);
    return Done{};
  }
  Status flush(Millis) override { return Done{}; }

  OpenPeers reader() {
    return [this](Millis) -> Result<ReadPeers> {
      ++opened;
      if (away) return transient_error("away");
      return ReadPeers{
          [this, at = std::size_t{0}](const stream::PollLimits&) mutable -> Result<stream::Batch> {
            if (away) return transient_error("away");
            stream::Batch batch;
            const auto& records = log.records(topic);
            for (; at < records.size(); ++at) {
              batch.records.push_back({.topic = peers_topic,
                                       .partition = topic.partition,
                                       .offset = records[at].offset,
                                       .timestamp = {},
                                       .key = records[at].record.key,
                                       .value = records[at].record.value,
                                       .headers = {}});
            }
            return batch;
          }};
    };
  }
  std::size_t told() const { return log.records(topic).size(); }

  stream::MemoryLog log{1};
  std::deque<stream::Acknowledge> late;
  bool away = false;
  bool slow = false;
  int opened = 0;
};

// One instance at the topic; the test tells the time.
struct Instance {
  Instance(Topic& at, Peer peer)
      : self(std::move(peer)),
        link(
            {.board = {.consumer = "consumer", .group = "group"}}, [this] { return self; }, at, at.reader()) {
  }

  Peer self;
  PeerLink link;
};

std::string owner(const PeerLink& link, const std::string& store, Steady::time_point now) {
  const auto owners = link.owners(now);
  const auto found = owners.find(store);
  return found == owners.end() ? "" : found->second.instance;
}

TEST_CASE("instances hear of each other, and none of itself") {
  Topic at;
  Instance a{at, test::peer("a", {0})};
  Instance b{at, test::peer("b", {1})};
  const Steady::time_point now{};
  a.link.turn(now);
  b.link.turn(now);
  a.link.turn(now);
  CHECK(owner(a.link, "p-0001", now) == "b");
  CHECK(owner(a.link, "p-0000", now).empty());
  CHECK(owner(b.link, "p-0000", now) == "a");
}

TEST_CASE("a word is told every beat, and at once when what is owned changes") {
  Topic at;
  Instance a{at, test::peer("a", {0})};
  Steady::time_point now{};
  a.link.turn(now);
  CHECK(at.told() == 1);
  now += Millis{1'999};
  a.self.partitions[0].next_offset = 77;
  a.link.turn(now);
  CHECK(at.told() == 1);
  now += Millis{1};
  a.link.turn(now);
  CHECK(at.told() == 2);
  a.self.partitions.clear();
  a.link.turn(now);
  CHECK(at.told() == 3);
}

TEST_CASE("words do not pile up while the topic does not take them") {
  Topic at;
  at.slow = true;
  Instance a{at, test::peer("a", {0})};
  Steady::time_point now{};
  for (int beat = 0; beat < 10; ++beat, now += seconds{2}) a.link.turn(now);
  CHECK(at.told() == 1);
  at.late.front()(stream::Placed{});
  a.link.turn(now);
  CHECK(at.told() == 2);
}

TEST_CASE("a topic that is away is tried again, now and then") {
  Topic at;
  at.away = true;
  Instance a{at, test::peer("a", {0})};
  Steady::time_point now{};
  for (int turn = 0; turn < 10; ++turn) a.link.turn(now);
  CHECK(at.opened == 1);
  at.away = false;
  now += seconds{2};
  Instance b{at, test::peer("b", {1})};
  b.link.turn(now);
  a.link.turn(now);
  CHECK(owner(a.link, "p-0001", now) == "b");
  at.away = true;
  a.link.turn(now);
  at.away = false;
  now += seconds{2};
  b.link.turn(now);
  a.link.turn(now);
  CHECK(owner(a.link, "p-0001", now) == "b");
}

TEST_CASE("who stops says farewell") {
  Topic at;
  {
    Instance a{at, test::peer("a", {0})};
    a.link.start();
    a.link.stop();
  }
  REQUIRE(at.told() >= 1);
  CHECK_FALSE(at.log.records(topic).back().record.value.has_value());
  CHECK(at.log.records(topic).back().record.key == "group/a");
}

}  // namespace
}  // namespace godwit::cluster
