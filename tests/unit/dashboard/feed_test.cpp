// The live stream: what is told, and what is told again to who comes back.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "consumers/dashboard/recent.h"
#include "rig.h"

using namespace godwit;
using namespace std::chrono_literals;
using dashboard::Recent;
using dashboard::Steady;
using test::Rig;
using test::Story;

namespace {

// A client that reads into memory until it is told to stop.
class Reader final : public http::StreamWriter {
 public:
  bool send(std::string_view bytes) override {
    const std::lock_guard lock{mutex_};
    text_ += bytes;
    changed_.notify_all();
    return !stop_.stop_requested();
  }
  std::stop_token stop_token() const override { return stop_.get_token(); }

  bool await(const std::string& part) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, 10s, [&] { return text_.find(part) != std::string::npos; });
  }
  // The id of the last frame.
  std::string last_id() {
    const std::lock_guard lock{mutex_};
    const auto at = text_.rfind("id: ") + 4;
    return text_.substr(at, text_.find('\n', at) - at);
  }
  void stop() { stop_.request_stop(); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::stop_source stop_;
};

// A stream that somebody reads, until the end of its life.
class Watched {
 public:
  Watched(const Rig& rig, const std::string& last_id)
      : response_(rig.get("/api/v1/stream" + (last_id.empty() ? "" : "?last_event_id=" + last_id))),
        thread_([this] { response_.stream(reader); }) {}
  ~Watched() {
    reader.stop();
    thread_.join();
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  Reader reader;

 private:
  http::Response response_;
  std::thread thread_;
};

struct Running {
  explicit Running(Rig& rig) : view(rig.view()) { view.start(); }
  ~Running() { view.stop(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  dashboard::DashboardView& view;
};

}  // namespace

TEST_CASE("who watches is told of each task that changes, and of the figures") {
  Rig rig;
  const Running running{rig};
  Watched watched{rig, ""};
  REQUIRE(watched.reader.await("event: hello"));
  Story story{"a"};
  rig.tell({story.started(0)});
  rig.changed({"a"});
  CHECK(watched.reader.await("\"task_id\":\"a\""));
  CHECK(watched.reader.await("event: figures"));
  rig.tell({story.completed(9)});
  rig.changed({"a"});
  CHECK(watched.reader.await("\"list\":\"completed\""));
}

TEST_CASE("who comes back is told what came meanwhile, or that it must begin anew") {
  Rig rig;
  const Running running{rig};
  Watched other{rig, ""};
  std::string last_id;
  {
    Watched watched{rig, ""};
    REQUIRE(watched.reader.await("event: figures"));
    last_id = watched.reader.last_id();
  }
  rig.tell({Story{"b"}.started(0)});
  rig.changed({"b"});
  REQUIRE(other.reader.await("\"task_id\":\"b\""));
  Watched again{rig, last_id};
  CHECK(again.reader.await("\"task_id\":\"b\""));
  Watched stranger{rig, "1-99"};
  CHECK(stranger.reader.await("event: reset"));
}

TEST_CASE("changes are forgotten after a while, and those beyond the bound make the answer incomplete") {
  const Steady::time_point start{100s};
  Recent recent{{.kept = 3'000ms, .tasks_max = 2}};
  recent.note("p-0000", {"a", "plan/x"}, start);
  recent.note("p-0001", {"b"}, start + 1s);
  CHECK(recent.since(start).by_store.size() == 2);
  CHECK(recent.since(start).by_store.at("p-0000") == std::vector<std::string>{"a"});
  CHECK(recent.since(start + 1s).by_store.size() == 1);
  CHECK(recent.since(start).whole);
  recent.note("p-0000", {"c"}, start + 2s);
  CHECK_FALSE(recent.since(start).whole);
  CHECK(recent.since(start + 3s).whole);
  recent.note("p-0000", {"c"}, start + 10s);
  CHECK(recent.since(start).by_store.size() == 1);
}
