#include <doctest/doctest.h>

#include "common/service/lanes.h"
#include "common/service/readiness.h"

namespace godwit::service {
namespace {

using projection::RunnerSnapshot;

stream::TopicPartition at(int number) { return {"a", stream::Partition{number}}; }

RunnerSnapshot lane(int number, std::uint64_t events) {
  RunnerSnapshot out;
  out.events[{"io.godwit.task.queued.v1", "applied"}] = events;
  out.dead_letters[{"a", "not_json"}] = 1;
  out.expired["migrations.progress"] = 4;
  out.commits = 2;
  out.commit_buckets[3] = 2;
  out.commit_seconds_sum = 0.5;
  out.event_ages.add(7);
  out.partitions.push_back({at(number), 10, 12, true});
  out.assigned = true;
  out.partition_counts["a"] = 12;
  return out;
}

TEST_CASE("the counters of the lanes are added up and their partitions put together") {
  const RunnerSnapshot sum = merged({lane(0, 5), lane(1, 7)});
  CHECK(sum.events.at({"io.godwit.task.queued.v1", "applied"}) == 12);
  CHECK(sum.dead_letters.at({"a", "not_json"}) == 2);
  CHECK(sum.expired.at("migrations.progress") == 8);
  CHECK(sum.commits == 4);
  CHECK(sum.commit_buckets[3] == 4);
  CHECK(sum.event_ages.buckets[4] == 2);
  CHECK(sum.event_ages.seconds_sum == doctest::Approx(14.0));
  CHECK(sum.commit_seconds_sum == doctest::Approx(1.0));
  REQUIRE(sum.partitions.size() == 2);
  CHECK(sum.partitions[1].at == at(1));
  CHECK(sum.partition_counts.at("a") == 12);
  CHECK(reasons_not_ready(sum).empty());
}

TEST_CASE("one lane that still waits for its partitions is enough not to be ready") {
  RunnerSnapshot waiting;
  CHECK(!merged({lane(0, 5), waiting}).assigned);
  CHECK(!merged({}).assigned);
}

TEST_CASE("a lane without partitions does not keep the others from being ready") {
  RunnerSnapshot idle;
  idle.assigned = true;
  CHECK(reasons_not_ready(merged({lane(0, 5), idle})).empty());
}

TEST_CASE("what one lane has suspended, refused or could not read shows for the whole program") {
  RunnerSnapshot broken = lane(1, 0);
  broken.suspended["p-0001"] = "the disk is full";
  broken.refused["p-0003"] = "belongs to another cluster";
  broken.source_error = "Kafka cannot be reached";
  const RunnerSnapshot sum = merged({lane(0, 5), broken});
  CHECK(sum.suspended.contains("p-0001"));
  CHECK(sum.refused.contains("p-0003"));
  CHECK(sum.source_error == "Kafka cannot be reached");
}

}  // namespace
}  // namespace godwit::service
