// Questions about one task to three instances of the progress consumer.
#include "common/cluster/route.h"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

#include "common/http/live.h"
#include "tests/unit/cluster/tasks.h"

namespace godwit::cluster {
namespace {

using test::ProgressTown;
using test::task_name;

// A task that lies in this partition.
std::string task_in(std::int32_t partition) {
  int number = 0;
  while (stream::partition_of(task_name(number), test::town_partitions).value() != partition) ++number;
  return task_name(number);
}

TEST_CASE("any instance answers for any task as its owner does") {
  ProgressTown town;
  test::start_tasks(town, 40);
  for (int i = 0; i < 40; ++i) {
    const std::string target = "/api/v1/progress/" + task_name(i);
    const auto own = town.get(town.owner(task_name(i)), target);
    CHECK(own.status == 200);
    for (std::size_t instance = 0; instance < 3; ++instance) {
      const auto other = town.get(instance, target);
      CHECK(other.status == 200);
      CHECK(other.body == own.body);
      CHECK(other.content_type == own.content_type);
    }
  }
}

TEST_CASE("a task that is nowhere is 404 from its owner, whoever is asked") {
  ProgressTown town;
  for (std::size_t instance = 0; instance < 3; ++instance) {
    const auto response = town.get(instance, "/api/v1/progress/nobody");
    CHECK(response.status == 404);
    CHECK(response.body.find("task nobody not found") != std::string::npos);
    CHECK(town.get(instance, "/api/v1/stream/nobody").status == 404);
  }
}

TEST_CASE("while a partition has no owner that answers, 503 names it and nobody guesses 404") {
  ProgressTown town;
  test::start_tasks(town, 40);
  town.down = {2};
  const auto response = town.get(0, "/api/v1/progress/" + task_in(2));
  CHECK(response.status == 503);
  CHECK(response.body.find(R"("partition":2)") != std::string::npos);
  CHECK(response.headers == http::NameValues{{"Retry-After", "2"}});
  CHECK(town.get(0, "/api/v1/progress/" + task_in(1)).status == 200);
}

TEST_CASE("a question follows its partition when it has just moved") {
  ProgressTown town;
  test::start_tasks(town, 40);
  town.move(1, 2);
  town.fold();
  CHECK(town.get(0, "/api/v1/progress/" + task_in(1)).status == 503);  // no word of it
  town.while_waiting = [&] { town.hear(); };
  CHECK(town.get(0, "/api/v1/progress/" + task_in(1)).status == 200);
}

TEST_CASE("a wrong parameter is refused by whoever is asked") {
  ProgressTown town;
  const int before = town.questions;
  CHECK(town.get(0, "/api/v1/progress/task-1?colour=red").status == 400);
  CHECK(town.questions == before);
}

// What a live stream was sent.
class Received final : public http::LiveSink {
 public:
  bool send(http::Pieces pieces) override {
    const std::lock_guard lock{mutex_};
    for (const http::Piece& piece : pieces) text_ += *piece;
    return true;
  }
  std::size_t queued_bytes() const override { return 0; }
  void finish() override {
    const std::lock_guard lock{mutex_};
    finished_ = true;
    changed_.notify_all();
  }
  bool closed() const override { return false; }

  std::string whole() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, std::chrono::seconds{10}, [this] { return finished_; });
    return text_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool finished_ = false;
};

TEST_CASE("any instance streams a task of another, to its end") {
  ProgressTown town;
  const std::string task = task_in(1);
  test::start_tasks(town, 40);
  test::Teller teller{2};
  auto end = teller.make(event::Type::task_failed, 1);
  end.subject = task;
  end.data.task_id = task;
  end.data.error = test::failure("x", "no space left");
  town.tell(end);
  town.fold();
  const auto response = town.get(0, "/api/v1/stream/" + task);
  REQUIRE(response.status == 200);
  REQUIRE(response.live);
  CHECK(response.content_type.find("text/event-stream") == 0);
  town.view(0).start();
  const auto received = std::make_shared<Received>();
  response.live->begin(received);
  const std::string text = received->whole();
  town.view(0).stop();
  CHECK(text.find("no space left") != std::string::npos);
  const std::size_t id = text.find("id: ") + 4;
  const std::string last = text.substr(id, text.find('\n', id) - id);
  CHECK(town.get(0, "/api/v1/stream/" + task, {{"Last-Event-ID", last}}).status == 204);
}

}  // namespace
}  // namespace godwit::cluster
