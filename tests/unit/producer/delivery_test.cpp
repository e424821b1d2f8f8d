#include "producers/cpp/delivery.h"

#include <doctest/doctest.h>

#include <thread>
#include <utility>

namespace {

using namespace godwit;
using namespace godwit::producer;

stream::OutRecord record(const std::string& value) {
  return {.topic = "migrations.lifecycle", .key = "t-1", .value = value, .headers = {}};
}

// A log that refuses, swallows or delays acknowledgements when told.
class MoodyPublisher final : public stream::Publisher {
 public:
  void refuse_next(int count) { refusals_ = count; }
  void fail_next(int count) { failures_ = count; }
  void hold() { holding_ = true; }

  Status publish(stream::OutRecord out, stream::Acknowledge acknowledge) override {
    ++tries;
    if (std::exchange(refusals_, std::max(0, refusals_ - 1)) > 0) return transient_error("queue full");
    if (holding_) {
      held.push_back(std::move(acknowledge));
      return Done{};
    }
    if (std::exchange(failures_, std::max(0, failures_ - 1)) > 0) {
      acknowledge(transient_error("broker away"));
      return Done{};
    }
    values.push_back(*out.value);
    acknowledge(stream::Placed{stream::Partition{0}, stream::Offset{0}});
    return Done{};
  }
  Status flush(Millis) override { return Done{}; }

  int tries = 0;
  std::vector<std::string> values;
  std::vector<stream::Acknowledge> held;

 private:
  int refusals_ = 0, failures_ = 0;
  bool holding_ = false;
};

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
  REQUIRE(publisher.values.size() == 3);
  CHECK(publisher.values.back() == "c");
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
  CHECK(publisher.tries == 1);
  std::thread broker{[&] {
    publisher.held.front()(stream::Placed{stream::Partition{0}, stream::Offset{0}});
  }};
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
  publisher.held.front()(stream::Placed{stream::Partition{0}, stream::Offset{0}});
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
