#include "common/stream/publisher.h"

#include <doctest/doctest.h>

#include <thread>

namespace godwit::stream {
namespace {

// Takes a record, or not, and acknowledges it in its own way.
struct FakePublisher final : Publisher {
  Status publish(OutRecord, Acknowledge acknowledge) override {
    if (queue_full) return transient_error("queue full");
    kept = std::move(acknowledge);
    if (answer) late = std::jthread{[call = kept, result = *answer] { call(result); }};
    return Done{};
  }
  Status flush(Millis) override { return Done{}; }

  bool queue_full = false;
  std::optional<Result<Placed>> answer;
  Acknowledge kept;
  std::jthread late;
};

TEST_CASE("publishing and waiting gives the place, or the error of the broker") {
  FakePublisher publisher;
  publisher.answer = Placed{Partition{3}, Offset{7}};
  CHECK(publish_and_wait(publisher, {}, Millis{5000})->offset == Offset{7});
  publisher.answer = Result<Placed>{invalid_error("too large")};
  CHECK(publish_and_wait(publisher, {}, Millis{5000}).error().message == "too large");
}

TEST_CASE("a full queue is told at once, a silent broker after the timeout") {
  FakePublisher publisher;
  CHECK(publish_and_wait(publisher, {}, Millis{1}).error().kind == ErrorKind::transient);
  publisher.kept(Placed{});  // an acknowledgement that comes too late harms nobody
  publisher.queue_full = true;
  CHECK(publish_and_wait(publisher, {}, Millis{5000}).error().message == "queue full");
}

}  // namespace
}  // namespace godwit::stream
