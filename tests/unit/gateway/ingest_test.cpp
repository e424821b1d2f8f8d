#include "producers/gateway/ingest.h"

#include <doctest/doctest.h>

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

// A publisher whose queue has room for some records and which acknowledges some of them at once, the others
// never.
class FillingPublisher final : public stream::Publisher {
 public:
  explicit FillingPublisher(int room, int acknowledged = 1'000) : room_(room), acknowledged_(acknowledged) {}

  Status publish(stream::OutRecord, stream::Acknowledge acknowledge) override {
    ++asked_;
    if (room_-- <= 0) return transient_error("the queue is full");
    if (acknowledged_-- > 0) acknowledge(stream::Placed{stream::Partition{0}, stream::Offset{0}});
    return Done{};
  }
  Status flush(Millis) override { return Done{}; }
  int asked() const { return asked_; }

 private:
  int room_;
  int acknowledged_;
  int asked_ = 0;
};

}  // namespace

TEST_CASE("an accepted event lies in its topic under its subject when the answer is given") {
  stream::MemoryLog log{1};
  Ingest ingest{log, real_clock};
  const auto answer = posted(ingest, post_structured(task_started("e-1", "task-7")));
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
  Ingest ingest{log, real_clock};
  const auto answer = posted(ingest, post_batch(batch_of({task_started("a"), task_started("b")})));
  CHECK(answer.body == R"({"ids":["a","b"],"count":2})");
  REQUIRE(log.records(lifecycle).size() == 2);
  CHECK(event::decode_structured(*log.records(lifecycle)[1].record.value)->id == "b");
  CHECK(posted(ingest, post_batch("[]")).body == R"({"ids":[],"count":0})");
}

TEST_CASE(
    "of a batch with one bad event the good ones are stored, and the answer says which was bad and why") {
  stream::MemoryLog log{1};
  Ingest ingest{log, real_clock};
  const auto answer =
      posted(ingest, post_batch(batch_of({task_started("a"), task_started(""), task_started("c")})));
  CHECK(answer.status == 207);
  CHECK(answer.content_type == "application/json");
  CHECK(answer.body == R"({"ids":["a","c"],"count":2,"refused":[{"index":1,"status":400,"pointer":"/id",)"
                       R"("detail":"must have 1 to 256 characters"}]})");
  CHECK(log.records(lifecycle).size() == 2);
  CHECK(ingest.stats().accepted == 2);
  CHECK(ingest.stats().invalid == 1);
}

TEST_CASE("a batch without one good event is 400 that points at the first and lists all") {
  stream::MemoryLog log{1};
  Ingest ingest{log, real_clock};
  const auto answer = posted(ingest, post_batch(batch_of({"7", task_started("")})));
  CHECK(answer.status == 400);
  CHECK(answer.content_type == "application/problem+json");
  CHECK(answer.body.find(R"("pointer":"","index":0,"refused":[{"index":0,)") != std::string::npos);
  CHECK(answer.body.find(R"({"index":1,"status":400,"pointer":"/id")") != std::string::npos);
  CHECK(log.records(lifecycle).empty());
}

TEST_CASE("nothing is stored of a batch that is no JSON, though some of it looks like events") {
  stream::MemoryLog log{1};
  Ingest ingest{log, real_clock};
  const auto answer = posted(ingest, post_batch(batch_of({task_started("a"), "nonsense"})));
  CHECK(answer.status == 400);
  CHECK(answer.body.find(R"("index":1)") != std::string::npos);
  CHECK(log.records(lifecycle).empty());
}

TEST_CASE("no acknowledgement in time is 503 that says it is safe to send again") {
  StuckPublisher publisher{10};
  Ingest ingest{publisher, real_clock, {.acknowledge_timeout = Millis{20}}};
  const auto answer = posted(ingest, post_structured(task_started("a")));
  CHECK(answer.status == 503);
  CHECK(header(answer, "Retry-After") == "5");
  CHECK(answer.body.find("same ids is safe") != std::string::npos);
  CHECK(ingest.stats().unacknowledged == 1);
  publisher.acknowledge_all();  // late ones find nobody and harm nobody
}

TEST_CASE("a full queue is 429 at once, and says when to come again") {
  StuckPublisher publisher{0};
  Ingest ingest{publisher, real_clock, {.acknowledge_timeout = Millis{60'000}}};
  const auto answer = posted(ingest, post_batch(batch_of({task_started("a"), task_started("b")})));
  CHECK(answer.status == 429);
  CHECK(header(answer, "Retry-After") == "1");
  CHECK(ingest.stats().turned_away == 2);
}

TEST_CASE("once a queue is full nothing behind it is stored, so that a task's events keep their order") {
  FillingPublisher publisher{1};
  Ingest ingest{publisher, real_clock};
  const auto answer =
      posted(ingest, post_batch(batch_of({task_started("a"), task_started("b"), task_started("c")})));
  CHECK(answer.status == 207);
  CHECK(answer.body.find(R"({"ids":["a"],"count":1,"refused":[{"index":1,"id":"b","status":429)") == 0);
  CHECK(answer.body.find(R"({"index":2,"id":"c","status":429)") != std::string::npos);
  CHECK(publisher.asked() == 2);
}

TEST_CASE("a transient failure is 503, one for good is 500, and neither shows the broker's words") {
  StuckPublisher away{10, transient_error("broker-7.internal is down")};
  Ingest retry{away, real_clock};
  CHECK(posted(retry, post_structured(task_started("a"))).status == 503);
  StuckPublisher refusing{10, invalid_error("broker-7.internal: message too large")};
  Ingest give_up{refusing, real_clock};
  const auto answer = posted(give_up, post_structured(task_started("a")));
  CHECK(answer.status == 500);
  CHECK(answer.body.find("broker-7") == std::string::npos);
}

TEST_CASE("when too many requests wait for Kafka, one more is turned away and stores nothing") {
  StuckPublisher publisher{10};
  Ingest ingest{publisher, real_clock, {.acknowledge_timeout = Millis{60'000}, .waiting_max = 0}};
  const auto answer = posted(ingest, post_structured(task_started("a")));
  CHECK(answer.status == 429);
  CHECK(header(answer, "Retry-After") == "1");
  CHECK(answer.body.find("nothing was stored") != std::string::npos);
}

TEST_CASE("a batch of which some is acknowledged says which is not, and how to go on") {
  FillingPublisher publisher{10, 1};
  Ingest ingest{publisher, real_clock, {.acknowledge_timeout = Millis{20}}};
  const auto answer = posted(ingest, post_batch(batch_of({task_started("a"), task_started("b")})));
  CHECK(answer.status == 207);
  CHECK(answer.body.find(R"("refused":[{"index":1,"id":"b","status":503,"detail":"not acknowledged)") !=
        std::string::npos);
}

}  // namespace godwit::gateway
