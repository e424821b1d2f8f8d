// What is to be watched: late and stalled migrations, pre-copies that do not converge, old snapshots.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "consumers/metrics/tables.h"
#include "consumers/metrics/view.h"
#include "tests/unit/progress/served.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::metrics_view {
namespace {

using event::Event;
using event::Type;
using Api = test::Served<Metrics, Tables, MetricsView, Settings>;

class Story {
 public:
  void tell(Type type, std::chrono::seconds ago = {}, const std::function<void(Event&)>& also = {}) {
    Event event = teller_.make(type, attempt);
    event.time = api.clock.now() - ago;
    event.data.provider = "vsphere";
    event.data.mode = "warm";
    event.data.duration_ms = 5;
    event.data.stage_index = 0;
    event.data.total_stages = 1;
    if (also) also(event);
    api.tell(event);
  }
  void round(std::int64_t delta) {
    tell(Type::precopy_completed, {}, [&](Event& event) {
      event.data.iteration = ++rounds_;
      event.data.delta_bytes = delta;
    });
  }
  bool shows(const std::string& line) {
    api.fold();
    REQUIRE(api.runner.stats().dead_letters.empty());
    metrics::Exposition page;
    REQUIRE_FALSE(api.view.answer_metrics(http::make_request("GET", "/metrics").value(), page));
    return page.text().find("\n" + line + "\n") != std::string::npos;
  }

  Api api;
  std::int64_t attempt = 1;

 private:
  test::Teller teller_{1};
  std::int64_t rounds_ = 0;
};

TEST_CASE("three rounds of which none had less to copy do not converge; a smaller one does") {
  Story story;
  story.tell(Type::task_started);
  story.round(100);
  story.round(100);
  CHECK(story.shows(R"(godwit_precopy_not_converging{provider="vsphere"} 0)"));
  story.round(120);
  CHECK(story.shows(R"(godwit_precopy_not_converging{provider="vsphere"} 1)"));
  story.round(90);
  CHECK(story.shows(R"(godwit_precopy_not_converging{provider="vsphere"} 0)"));
}

TEST_CASE("a new attempt begins its rounds anew") {
  Story story;
  story.tell(Type::task_started);
  for (const int delta : {100, 110, 120}) story.round(delta);
  story.attempt = 2;
  story.tell(Type::task_started);
  story.round(120);
  CHECK(story.shows(R"(godwit_precopy_not_converging{provider="vsphere"} 0)"));
}

TEST_CASE("the oldest snapshot counts until it is removed, also when its migration is over") {
  Story story;
  const auto snapshot = [](const char* id) { return [id](Event& event) { event.data.snapshot_id = id; }; };
  story.tell(Type::task_started, std::chrono::seconds{1000});
  story.tell(Type::snapshot_created, std::chrono::seconds{900}, snapshot("s-1"));
  story.tell(Type::snapshot_created, std::chrono::seconds{500}, snapshot("s-2"));
  story.tell(Type::task_completed, std::chrono::seconds{100});
  CHECK(story.shows(R"(godwit_snapshot_age_max_seconds{provider="vsphere"} 900)"));
  story.tell(Type::snapshot_removed, {}, snapshot("s-1"));
  CHECK(story.shows(R"(godwit_snapshot_age_max_seconds{provider="vsphere"} 500)"));
  story.tell(Type::snapshot_removed, {}, snapshot("s-2"));
  CHECK_FALSE(story.shows(R"(godwit_snapshot_age_max_seconds{provider="vsphere"} 500)"));
}

TEST_CASE("late is who began long ago, stalled who was not heard of; who has ended is neither") {
  Story story;
  story.tell(Type::task_started, std::chrono::hours{25});
  CHECK(story.shows(R"(godwit_migrations_late{provider="vsphere"} 1)"));
  CHECK(story.shows(R"(godwit_migrations_stalled{provider="vsphere"} 1)"));
  CHECK(story.shows(R"(godwit_active_age_max_seconds{provider="vsphere",mode="warm"} 90000)"));
  story.tell(Type::task_heartbeat);  // ticks are not folded here: they expire
  story.tell(Type::stage_started, {}, [](Event& event) { event.data.stage = "export"; });
  CHECK(story.shows(R"(godwit_migrations_stalled{provider="vsphere"} 0)"));
  CHECK(story.shows(R"(godwit_migrations_active{provider="vsphere",stage="export"} 1)"));
  story.tell(Type::task_completed);
  CHECK_FALSE(story.shows(R"(godwit_migrations_late{provider="vsphere"} 1)"));
}

TEST_CASE("answers of receivers are timed, per endpoint and outcome") {
  Story story;
  story.tell(Type::delivery_succeeded, {}, [](Event& event) {
    event.data.endpoint = "ops";
    event.data.delivery_id = "d";
    event.data.latency_ms = 30;
  });
  CHECK(story.shows(
      R"(godwit_webhook_delivery_latency_seconds_bucket{endpoint="ops",outcome="succeeded",le="0.05"} 1)"));
  CHECK(story.shows(
      R"(godwit_webhook_delivery_latency_seconds_bucket{endpoint="ops",outcome="succeeded",le="0.025"} 0)"));
}

}  // namespace
}  // namespace godwit::metrics_view
