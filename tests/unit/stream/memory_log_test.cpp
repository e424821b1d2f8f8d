#include "common/stream/memory_log.h"

#include <doctest/doctest.h>

namespace godwit::stream {
namespace {

const TopicPartition lifecycle_0{"migrations.lifecycle", Partition{0}};

OutRecord record(std::string key, std::string value = "v", std::string topic = "migrations.lifecycle") {
  return {.topic = std::move(topic), .key = std::move(key), .value = std::move(value), .headers = {}};
}

// Begins everywhere at the oldest record and remembers what it was told.
struct Listener final : AssignmentListener {
  std::vector<Position> assigned(const std::vector<TopicPartition>& partitions) override {
    std::vector<Position> out;
    out.reserve(partitions.size());
    for (const TopicPartition& at : partitions) out.push_back({at, offset_beginning});
    return out;
  }
  void revoked(const std::vector<TopicPartition>& partitions) override { gone = partitions; }
  std::vector<TopicPartition> gone;
};

std::vector<std::int64_t> offsets_of(const Batch& batch) {
  std::vector<std::int64_t> out;
  for (const Record& each : batch.records) out.push_back(each.offset.value());
  return out;
}

using Offsets = std::vector<std::int64_t>;

TEST_CASE("records of one key lie in one partition, in the order they came") {
  MemoryLog log{4};
  const Placed first = log.append(record("t-1", "a"));
  const Placed second = log.append(record("t-1", "b"));
  CHECK(first.partition == second.partition);
  CHECK(second.offset.value() == first.offset.value() + 1);
  CHECK(log.records({"migrations.lifecycle", first.partition}).at(1).record.value == "b");
}

TEST_CASE("each topic has its own offsets, and a topic nobody wrote to is empty") {
  MemoryLog log{1};
  log.append(record("t"));
  CHECK(log.append(record("t", "v", "platform.activity")).offset == Offset{0});
  CHECK(log.end(lifecycle_0) == Offset{1});
  CHECK(log.records({"nobody", Partition{0}}).empty());
  CHECK(log.end({"nobody", Partition{0}}) == Offset{0});
}

TEST_CASE("a source reads on over holes and knows when it is at the end") {
  MemoryLog log{1};
  log.append(record("a"));
  log.skip_offsets(lifecycle_0, 3);
  log.append(record("b"));
  log.skip_offsets(lifecycle_0, 2);
  Listener listener;
  MemorySource source{log, listener};
  source.assign({lifecycle_0});
  CHECK(offsets_of(source.poll({.records_max = 1}).value()) == Offsets{0});
  CHECK_FALSE(source.watermarks().at(0).at_end);
  CHECK(offsets_of(source.poll({}).value()) == Offsets{4});
  const Watermark mark = source.watermarks().at(0);
  CHECK(mark.at_end);
  CHECK(mark.high == Offset{7});
  CHECK(source.poll({}).value().empty());
}

TEST_CASE("a batch is as long as it may be and the rest comes later") {
  MemoryLog log{1};
  for (int i = 0; i < 5; ++i) log.append(record("a"));
  Listener listener;
  MemorySource source{log, listener};
  source.assign({lifecycle_0});
  CHECK(offsets_of(source.poll({.records_max = 3}).value()) == Offsets{0, 1, 2});
  CHECK(offsets_of(source.poll({.records_max = 3}).value()) == Offsets{3, 4});
}

TEST_CASE("a paused partition is silent until it is resumed where it is told") {
  MemoryLog log{1};
  for (int i = 0; i < 3; ++i) log.append(record("a"));
  Listener listener;
  MemorySource source{log, listener};
  source.assign({lifecycle_0});
  CHECK(source.poll({.records_max = 0}));
  source.pause({lifecycle_0});
  CHECK(source.poll({}).value().empty());
  CHECK(source.resume({{lifecycle_0, Offset{1}}}));
  CHECK(offsets_of(source.poll({}).value()) == Offsets{1, 2});
  source.rewind(lifecycle_0, Offset{2});
  CHECK(offsets_of(source.poll({}).value()) == Offsets{2});
}

TEST_CASE("one poll fails when told, and the next one loses nothing") {
  MemoryLog log{1};
  log.append(record("a"));
  Listener listener;
  MemorySource source{log, listener};
  source.assign({lifecycle_0});
  source.fail_next(transient_error("broker away"));
  CHECK(source.poll({}).error().kind == ErrorKind::transient);
  CHECK(offsets_of(source.poll({}).value()) == Offsets{0});
}

TEST_CASE("closing a source gives its partitions up") {
  MemoryLog log{1};
  Listener listener;
  MemorySource source{log, listener};
  source.assign({lifecycle_0});
  CHECK(source.poll({}));
  source.close();
  CHECK(listener.gone == std::vector<TopicPartition>{lifecycle_0});
  CHECK(source.poll({}).value().empty());
}

TEST_CASE("what is published is acknowledged with its place") {
  MemoryLog log{1};
  std::optional<Placed> placed;
  CHECK(log.publish(record("a"), [&](const Result<Placed>& result) { placed = result.value(); }));
  REQUIRE(placed);
  CHECK(placed->offset == Offset{0});
}

}  // namespace
}  // namespace godwit::stream
