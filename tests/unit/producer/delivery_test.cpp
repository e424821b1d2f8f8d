#include "producers/cpp/delivery.h"

#include <doctest/doctest.h>

#include <thread>

#include "tests/unit/producer/moody_publisher.h"

namespace {

using namespace godwit;
using namespace godwit::producer;
using test::MoodyPublisher;

stream::OutRecord record(const std::string& value) {
  return {.topic = "migrations.lifecycle", .key = "t-1", .value = value, .headers = {}};
}

constexpr DeliveryOptions quick{.retry_interval = Millis{1}};

TEST_CASE("a record the publisher refuses or fails is published again until acknowledged, in order") {
  MoodyPublisher publisher;
  Delivery delivery{publisher, quick};
  publisher.refuse_next(3);
  REQUIRE(delivery.send("a", record("a")).ok());
  REQUIRE(delivery.send("b", record("b")).ok());
  publisher.fail_next(2);
  REQUIRE(delivery.send("c", record("c")).ok());
  REQUIRE(delivery.flush(Millis{10'000}).ok());
  CHECK(delivery.unacknowledged() == 0);
  CHECK(publisher.values() == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("flush gives up at its bound, says what is left, and keeps it") {
  MoodyPublisher publisher;
  Delivery delivery{publisher, quick};
  publisher.refuse_next(1'000'000);
  REQUIRE(delivery.send("task.started", record("a")).ok());
  const Status flushed = delivery.flush(Millis{20});
  REQUIRE_FALSE(flushed.ok());
  CHECK(flushed.error().kind == ErrorKind::transient);
  CHECK(flushed.error().message.find("task.started: queue full") != std::string::npos);
  CHECK(delivery.unacknowledged() == 1);
  publisher.refuse_next(0);
  CHECK(delivery.flush(Millis{10'000}).ok());
}

TEST_CASE("a record in flight is not published twice, and its late acknowledgement ends the wait") {
  MoodyPublisher publisher;
  Delivery delivery{publisher, quick};
  publisher.hold();
  REQUIRE(delivery.send("a", record("a")).ok());
  delivery.pump();
  CHECK(publisher.tries() == 1);
  std::thread broker{[&] { publisher.let_go(); }};
  CHECK(delivery.flush(Millis{10'000}).ok());
  broker.join();
}

TEST_CASE("an acknowledgement may come after the delivery is gone") {
  MoodyPublisher publisher;
  publisher.hold();
  {
    Delivery delivery{publisher, quick};
    REQUIRE(delivery.send("a", record("a")).ok());
  }
  publisher.let_go();
}

TEST_CASE("no more records wait than the bound allows") {
  MoodyPublisher publisher;
  publisher.refuse_next(1'000'000);
  Delivery delivery{publisher, {.kept_max = 2}};
  CHECK(delivery.send("a", record("a")).ok());
  CHECK(delivery.send("b", record("b")).ok());
  CHECK_FALSE(delivery.send("c", record("c")).ok());
  CHECK(delivery.unacknowledged() == 2);
}

}  // namespace
