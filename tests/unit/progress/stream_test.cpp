// Live streams over real partition files, with a client that only listens.
#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "common/http/websocket.h"
#include "consumers/progress/outlets.h"
#include "consumers/progress/socket.h"
#include "tests/unit/progress/asked.h"

namespace godwit::progress {
namespace {

using namespace test_api;

// What a client of a stream has received; waits are bounded.
class Client final : public http::LiveSink {
 public:
  bool send(http::Pieces pieces) override {
    const std::lock_guard lock{mutex_};
    for (const http::Piece& piece : pieces) received_ += *piece;
    arrived_.notify_all();
    return !finished_;
  }
  std::size_t queued_bytes() const override { return stuck ? 1'000'000 : 0; }
  void finish() override {
    const std::lock_guard lock{mutex_};
    finished_ = true;
    arrived_.notify_all();
  }
  bool closed() const override { return left; }

  bool wait_for(std::string_view text) {
    std::unique_lock lock{mutex_};
    return arrived_.wait_for(lock, std::chrono::seconds{10},
                             [&] { return received_.find(text) != std::string::npos; });
  }
  bool wait_for_the_end() {
    std::unique_lock lock{mutex_};
    return arrived_.wait_for(lock, std::chrono::seconds{10}, [&] { return finished_; });
  }
  std::string received() {
    const std::lock_guard lock{mutex_};
    return received_;
  }
  std::string last_id() {
    const std::string frames = received();
    const std::size_t at = frames.rfind("id: ");
    REQUIRE(at != std::string::npos);
    return frames.substr(at + 4, frames.find('\n', at) - at - 4);
  }
  int count(std::string_view text) {
    const std::string all = received();
    int out = 0;
    for (std::size_t at = 0; (at = all.find(text, at)) != std::string::npos; ++at) ++out;
    return out;
  }

  std::atomic<bool> stuck = false;  // takes nothing more from the network
  std::atomic<bool> left = false;

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::string received_;
  bool finished_ = false;
};

using ClientPtr = std::shared_ptr<Client>;

// An API whose streams are fed.
struct Live : Api {
  explicit Live(const Settings& settings = quick) : Api{settings} { view.start(); }
  ~Live() { view.stop(); }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  ClientPtr open(const std::string& path, const http::NameValues& headers = {}) {
    const auto response = get(path, headers);
    REQUIRE(response.status == 200);
    REQUIRE(response.live);
    auto client = std::make_shared<Client>();
    response.live->begin(client);
    return client;
  }
  void say(const Event& event) {
    tell(event);
    fold();
  }
};

TEST_CASE("a stream begins with the state as it is, tells each change and ends with the task") {
  Live api;
  Teller teller{1};
  api.say(about(teller, Type::task_started, "task-1"));
  const auto client = api.open("/api/v1/stream/task-1");
  CHECK(client->wait_for(R"("status":"running")"));
  api.say(about(teller, Type::task_paused, "task-1"));
  CHECK(client->wait_for(R"("status":"paused")"));
  api.say(about(teller, Type::task_completed, "task-1"));
  CHECK(client->wait_for_the_end());
  CHECK(client->received().find(R"("status":"completed")") != std::string::npos);
}

TEST_CASE("who has seen the end gets 204 instead of a stream, and who has not gets the end") {
  Live api;
  Teller teller{1};
  api.say(about(teller, Type::task_started, "task-1"));
  api.say(about(teller, Type::task_failed, "task-1"));
  const auto client = api.open("/api/v1/stream/task-1");
  REQUIRE(client->wait_for_the_end());
  const std::string seen = client->last_id();
  CHECK(api.get("/api/v1/stream/task-1", {{"Last-Event-ID", seen}}).status == 204);
  const auto lost = api.open("/api/v1/stream/task-1", {{"Last-Event-ID", "older"}});
  CHECK(lost->wait_for_the_end());
  CHECK(lost->received().find("event: reset") < lost->received().find(R"("status":"failed")"));
}

TEST_CASE("who comes back is told what has changed meanwhile, once, and nothing else") {
  Live api;
  Teller teller{1};
  for (int i = 0; i < 30; ++i) api.tell(about(teller, Type::task_started, fmt::format("task-{}", i)));
  api.fold();
  const auto first = api.open("/api/v1/stream");
  for (int i = 0; i < 30; ++i) REQUIRE(first->wait_for(fmt::format(R"("task_id":"task-{}")", i)));
  api.say(about(teller, Type::task_paused, "task-7"));
  REQUIRE(first->wait_for(R"("status":"paused")"));
  const std::string seen = first->last_id();
  api.say(about(teller, Type::task_paused, "task-3"));
  api.say(about(teller, Type::task_completed, "task-4"));
  const auto again = api.open("/api/v1/stream", {{"Last-Event-ID", seen}});
  REQUIRE(again->wait_for(R"("task_id":"task-3")"));
  REQUIRE(again->wait_for(R"("status":"completed")"));
  api.say(about(teller, Type::task_resumed, "task-3"));
  REQUIRE(again->wait_for(R"("status":"running","attempt")"));
  CHECK(again->count("data: ") == 3);
}

TEST_CASE("a stream of many tells only of what it asks for, and of what leaves its status once") {
  Live api;
  Teller teller{1};
  api.tell(about(teller, Type::task_started, "a"));
  api.tell(about(teller, Type::task_started, "b", "aws"));
  api.fold();
  const auto aws = api.open("/api/v1/stream?provider=aws");
  const auto running = api.open("/api/v1/stream?status=running");
  REQUIRE(running->wait_for(R"("task_id":"a")"));
  REQUIRE(running->wait_for(R"("task_id":"b")"));
  for (const Type type : {Type::task_paused, Type::task_resumed}) {
    api.say(about(teller, type, "a"));
    const char* status = type == Type::task_paused ? R"("status":"paused")" : R"("status":"running")";
    REQUIRE(running->wait_for(status));
  }
  api.say(about(teller, Type::task_completed, "b", "aws"));
  REQUIRE(aws->wait_for(R"("status":"completed")"));
  CHECK(running->wait_for(R"("status":"completed")"));
  CHECK(aws->received().find(R"("task_id":"a")") == std::string::npos);
  CHECK(running->count(R"("status":"paused","attempt")") == 1);
}

TEST_CASE("a client that does not read gets the newest state of each task later, and every end") {
  Live api;
  Teller teller{1};
  api.say(about(teller, Type::task_started, "a"));
  const auto client = api.open("/api/v1/stream");
  REQUIRE(client->wait_for(R"("status":"running")"));
  client->stuck = true;
  const auto witness = api.open("/api/v1/stream/a");
  for (int i = 0; i < 20; ++i)
    api.say(about(teller, i % 2 == 0 ? Type::task_paused : Type::task_resumed, "a"));
  api.say(about(teller, Type::task_failed, "a"));
  REQUIRE(witness->wait_for_the_end());
  Event retried = about(teller, Type::task_started, "a");
  retried.data.attempt = 2;
  api.say(retried);
  client->stuck = false;
  REQUIRE(client->wait_for(R"("attempt":2)"));
  CHECK(client->received().find(R"("status":"failed")") < client->received().find(R"("attempt":2)"));
  CHECK(client->count("data: ") < 10);
}

TEST_CASE("an end that a retry overtakes in one batch is told all the same") {
  Live api;
  Teller teller{1};
  api.say(about(teller, Type::task_started, "a"));
  const auto client = api.open("/api/v1/stream");
  REQUIRE(client->wait_for(R"("status":"running")"));
  api.tell(about(teller, Type::task_failed, "a"));
  Event retried = about(teller, Type::task_started, "a");
  retried.data.attempt = 2;
  api.tell(retried);
  api.fold();
  REQUIRE(client->wait_for(R"("attempt":2)"));
  CHECK(client->received().find(R"("status":"failed")") < client->received().find(R"("attempt":2)"));
}

TEST_CASE("a removed task has no stream, and who watches it is told that it is gone") {
  Live api;
  Teller teller{1};
  api.say(about(teller, Type::task_started, "a"));
  const auto client = api.open("/api/v1/stream/a");
  REQUIRE(client->wait_for("data: "));
  api.say(about(teller, Type::task_removed, "a"));
  CHECK(client->wait_for("event: removed"));
  CHECK(client->wait_for_the_end());
  CHECK(api.get("/api/v1/stream/a").status == 404);
}

TEST_CASE("a big snapshot comes whole, in pieces") {
  Live api;
  Teller teller{1};
  constexpr int tasks = 2'500;
  for (int i = 0; i < tasks; ++i) api.tell(about(teller, Type::task_started, fmt::format("t{}", i)));
  api.fold();
  const auto client = api.open("/api/v1/stream");
  for (int i = 0; i < tasks; ++i) REQUIRE(client->wait_for(fmt::format(R"("task_id":"t{}")", i)));
  CHECK(client->count("data: ") == tasks);
}

TEST_CASE("a websocket subscribes and unsubscribes, and is told what it did wrong") {
  Live api;
  Teller teller{1};
  api.say(about(teller, Type::task_started, "a"));
  const auto response = api.get("/api/v1/ws");
  REQUIRE(response.live);
  auto client = std::make_shared<Client>();
  const auto say = [&](std::string_view text) { response.live->heard(client, text); };
  say(R"({"type":"subscribe","id":"one","task_id":"a"})");
  CHECK(client->wait_for(R"({"type":"subscribed","id":"one"})"));
  CHECK(client->wait_for(R"({"type":"progress","id":"one","event_id":")"));
  say(R"({"type":"subscribe","id":"one"})");
  CHECK(client->wait_for("there is a subscription of this id"));
  say("[");
  CHECK(client->wait_for("a message is a JSON object"));
  say(R"({"type":"unsubscribe","id":"one"})");
  CHECK(client->wait_for(R"({"type":"unsubscribed","id":"one"})"));
  api.say(about(teller, Type::task_paused, "a"));
  say(R"({"type":"subscribe","id":"two","provider":"vsphere"})");
  CHECK(client->wait_for(R"({"type":"progress","id":"two")"));
  CHECK(client->count(R"("id":"one","event_id")") == 1);
  api.say(about(teller, Type::task_completed, "a"));
  CHECK(client->wait_for(R"("status":"completed")"));
}

TEST_CASE("places and ids that were written read back, and others are refused") {
  const SeenPlaces seen{{"p-0003", {12, 7}}, {"p-0011", {0, 99}}};
  CHECK(read_seen(to_text(seen)) == seen);
  for (const char* bad : {"x", "3:1.2", "0003:1", "0003:1.x", "0003:-1.2", "p-0003:1.2", "0003:1.2;"})
    CHECK_FALSE(read_seen(bad).has_value());
}

}  // namespace
}  // namespace godwit::progress
