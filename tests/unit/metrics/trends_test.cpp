// Buckets of time: by event time, bounded, the same in every order, and over HTTP.
#include "consumers/metrics/trends.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "common/json/fields.h"
#include "consumers/metrics/tables.h"
#include "consumers/metrics/view.h"
#include "tests/unit/progress/served.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::metrics_view {
namespace {

using event::Event;
using event::Type;
using Api = test::Served<Metrics, Tables, MetricsView, Settings>;

std::string dump(sqlite::Database& db) {
  std::string out;
  auto rows = db.prepare("SELECT step_s, start_s, started FROM trend");
  while (rows.step()) out += fmt::format("{} {} {}\n", rows.integer(0), rows.integer(1), rows.integer(2));
  return out;
}

TEST_CASE("the newest buckets are kept, whatever the order and however they are committed") {
  std::mt19937_64 random{7};
  std::vector<std::int64_t> moments_s;
  moments_s.reserve(6001);
  for (int i = 0; i < 6000; ++i) moments_s.push_back(static_cast<std::int64_t>(random() % 12'000'000));
  moments_s.push_back(4'000'000'000);  // a clock that runs far ahead
  std::string first;
  for (const int batch : {1, 17, 100'000}) {
    std::shuffle(moments_s.begin(), moments_s.end(), random);
    auto db = sqlite::Database::open(":memory:", sqlite::OpenMode::read_write).value();
    db.exec(TrendRows::schema());
    TrendRows rows{db};
    db.exec("BEGIN");
    for (std::size_t i = 0; i < moments_s.size(); ++i) {
      rows.add(from_unix_ms(moments_s[i] * 1000), {.started = 1});
      if (i % static_cast<std::size_t>(batch) == 0) rows.flush();
    }
    rows.flush();
    db.exec("COMMIT");
    const std::string held = dump(db);
    if (first.empty()) first = held;
    CHECK(held == first);
    auto count = db.prepare("SELECT count(*) FROM trend WHERE step_s = 300");
    REQUIRE(count.step());
    CHECK(count.integer(0) == grains[0].buckets_max);
  }
}

Event end_of(const Event& start, Type type, std::int64_t after_s) {
  Event end = start;
  end.type = type;
  end.type_name = event::full_type(type);
  end.id = "end";
  end.time = start.time + std::chrono::seconds{after_s};
  return end;
}

// Hours before now: two tasks start in the hour before last; one is done an hour later, one fails at once.
void tell_two(Api& api) {
  for (int i = 0; i < 2; ++i) {
    test::Teller teller{static_cast<std::uint64_t>(i)};
    Event start = teller.make(Type::task_started, 1);
    start.subject = start.source = fmt::format("task-{}", i);
    start.data.task_id = start.subject;
    start.time = api.clock.now() - std::chrono::hours{2};
    api.tell(start);
    Event end = end_of(start, i == 0 ? Type::task_completed : Type::task_failed, i == 0 ? 3600 : 5);
    if (i == 0) {
      end.data.duration_ms = 3'600'000;
      end.data.bytes_exported = 1000;
    } else {
      end.data.error = test::failure("x", "broken");
    }
    api.tell(end);
  }
  api.fold();
}

rapidjson::Document answer(Api& api, const std::string& target) {
  const auto response = api.get(target);
  CAPTURE(response.body);
  REQUIRE(response.status == 200);
  rapidjson::Document out;
  out.Parse<json::parse_flags>(response.body.data(), response.body.size());
  return out;
}

TEST_CASE("each step of the window says what happened in it, and none is left out") {
  Api api;
  tell_two(api);
  const auto trends = answer(api, "/api/v1/trends?window=3h&step=1h");
  const auto& points = trends["points"];
  REQUIRE(points.Size() == 3);
  CHECK(points[0]["started"].GetInt() == 2);
  CHECK(points[0]["failed"].GetInt() == 1);
  CHECK(points[0]["finished"].GetInt() == 1);
  CHECK(points[0]["avg_duration_seconds"].IsNull());
  CHECK(points[1]["completed"].GetInt() == 1);
  CHECK(points[1]["avg_duration_seconds"].GetDouble() == 3600);
  CHECK(points[1]["bytes"].GetInt() == 1000);
  CHECK(points[2]["started"].GetInt() == 0);
  CHECK(trends["window_seconds"].GetInt() == 10'800);
  CHECK_FALSE(trends["partial"].GetBool());
}

TEST_CASE("finer and coarser steps tell the same sums") {
  Api api;
  tell_two(api);
  for (const char* asked : {"window=3h&step=5m", "window=3h&step=15m", "window=24h&step=1h",
                            "window=4d&step=1d", "window=100d&step=1d"}) {
    CAPTURE(asked);
    int started = 0, finished = 0;
    const auto trends = answer(api, std::string{"/api/v1/trends?"} + asked);
    for (const auto& point : trends["points"].GetArray()) {
      started += point["started"].GetInt();
      finished += point["finished"].GetInt();
    }
    CHECK(started == 2);
    CHECK(finished == 2);
  }
  CHECK(answer(api, "/api/v1/trends")["points"].Size() == 24);
}

TEST_CASE("a window that cannot be answered is refused with the reason") {
  Api api;
  api.fold();
  for (const char* asked :
       {"window=3h&step=7m", "window=90m&step=1h", "window=9d&step=5m", "window=101d&step=1h", "window=0h",
        "window=h", "window=1w", "window=99999999999h", "step=-5m", "windows=1h", "window=2000d&step=1d"}) {
    CAPTURE(asked);
    CHECK(api.get(std::string{"/api/v1/trends?"} + asked).status == 400);
  }
}

}  // namespace
}  // namespace godwit::metrics_view
