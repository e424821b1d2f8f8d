#include "producers/gateway/ingest.h"

#include <doctest/doctest.h>

#include <thread>

#include "common/stream/event_record.h"
#include "common/stream/memory_log.h"
#include "tests/unit/gateway/requests.h"

namespace godwit::gateway {
namespace {

const stream::TopicPartition lifecycle{"migrations.lifecycle", stream::Partition{0}};

// A publisher that takes `queue_records` records and never acknowledges, or fails each as told.
class StuckPublisher final : public stream::Publisher {
 public:
  explicit StuckPublisher(int queue_records, std::optional<Error> failure = std::nullopt)
      : room_(queue_records), failure_(std::move(failure)) {}

  Status publish(stream::OutRecord, stream::Acknowledge acknowledge) override {
    if (room_-- <= 0) return transient_error("the queue is full");
    if (failure_)
      acknowledge(*failure_);
    else
      held_.push_back(std::move(acknowledge));
    return Done{};
  }
  Status flush(Millis) override { return transient_error("stuck"); }

  void acknowledge_all() {
    for (const auto& acknowledge : held_)
      acknowledge(stream::Placed{stream::Partition{0}, stream::Offset{0}});
  }

 private:
  int room_;
  std::optional<Error> failure_;
  std::vector<stream::Acknowledge> held_;
};

std::optional<std::string> header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return std::nullopt;
}

}  // namespace

TEST_CASE("an accepted event lies in its topic under its subject when the answer is given") {
  stream::MemoryLog log{1};
  Ingest ingest{log};
  const auto answer = ingest.post(post_structured(task_started("e-1", "task-7")));
  CHECK(answer.status == 202);
  CHECK(answer.body == R"({"ids":["e-1"],"count":1})");
  REQUIRE(log.records(lifecycle).size() == 1);
  const auto& record = log.records(lifecycle).front().record;
  CHECK(record.key == "task-7");
  CHECK(event::decode_structured(*record.value)->id == "e-1");
  CHECK(ingest.stats().accepted == 1);
}

TEST_CASE("a batch is published in its order") {
  stream::MemoryLog log{1};
  Ingest ingest{log};
  const auto answer = ingest.post(post_batch(batch_of({task_started("a"), task_started("b")})));
  CHECK(answer.body == R"({"ids":["a","b"],"count":2})");
  REQUIRE(log.records(lifecycle).size() == 2);
  CHECK(event::decode_structured(*log.records(lifecycle)[1].record.value)->id == "b");
  CHECK(ingest.post(post_batch("[]")).body == R"({"ids":[],"count":0})");
}

TEST_CASE("nothing of a batch with one bad event is published, and the answer says which") {
  stream::MemoryLog log{1};
  Ingest ingest{log};
  const auto answer = ingest.post(post_batch(batch_of({task_started("a"), task_started("")})));
  CHECK(answer.status == 400);
  CHECK(answer.content_type == "application/problem+json");
  CHECK(answer.body.find(R"("pointer":"/id","index":1)") != std::string::npos);
  CHECK(log.records(lifecycle).empty());
  CHECK(ingest.stats().refused_requests == 1);
}

TEST_CASE("no acknowledgement in time is 503 that says it is safe to send again") {
  StuckPublisher publisher{10};
  Ingest ingest{publisher, {.acknowledge_timeout = Millis{20}}};
  const auto answer = ingest.post(post_structured(task_started("a")));
  CHECK(answer.status == 503);
  CHECK(header(answer, "Retry-After") == "5");
  CHECK(answer.body.find("same ids is safe") != std::string::npos);
  CHECK(ingest.stats().unacknowledged == 1);
  publisher.acknowledge_all();  // late ones find nobody and harm nobody
}

TEST_CASE("a full queue is 503 at once, even in the middle of a batch") {
  StuckPublisher publisher{1};
  Ingest ingest{publisher, {.acknowledge_timeout = Millis{60'000}}};
  CHECK(ingest.post(post_batch(batch_of({task_started("a"), task_started("b")}))).status == 503);
}

TEST_CASE("a transient failure is 503, one for good is 500, and neither shows the broker's words") {
  StuckPublisher away{10, transient_error("broker-7.internal is down")};
  Ingest retry{away};
  CHECK(retry.post(post_structured(task_started("a"))).status == 503);
  StuckPublisher refusing{10, invalid_error("broker-7.internal: message too large")};
  Ingest give_up{refusing};
  const auto answer = give_up.post(post_structured(task_started("a")));
  CHECK(answer.status == 500);
  CHECK(answer.body.find("broker-7") == std::string::npos);
}

TEST_CASE("when too many requests wait for Kafka, one more is turned away and stores nothing") {
  StuckPublisher publisher{10};
  Ingest ingest{publisher, {.acknowledge_timeout = Millis{60'000}, .waiting_max = 0}};
  const auto answer = ingest.post(post_structured(task_started("a")));
  CHECK(answer.status == 503);
  CHECK(answer.body.find("nothing was stored") != std::string::npos);
}

}  // namespace godwit::gateway
