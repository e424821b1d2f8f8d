// The last 24 hours, by event time against the view's clock.
#include <doctest/doctest.h>

#include "rig.h"

using namespace godwit;
using test::Rig;
using test::Story;

namespace {

constexpr std::int64_t hour_s = 3600;
constexpr rapidjson::SizeType newest = 23;

}  // namespace

TEST_CASE("events count in the hour they happened in, the newest hour last") {
  Rig rig;  // the clock stands at 13:00:00
  rig.tell({Story{"last"}.started(hour_s - 1), Story{"this"}.started(hour_s), Story{"that"}.started(hour_s)});
  const auto all = rig.json("/api/v1/dashboard");
  const auto& trends = all["trends"];
  REQUIRE(trends["migrations_per_hour"].Size() == 24);
  CHECK(trends["migrations_per_hour"][newest].GetInt64() == 2);
  CHECK(trends["migrations_per_hour"][newest - 1].GetInt64() == 1);
  CHECK(trends["labels"][newest] == "2026-11-21T13:00:00.000Z");
  CHECK(trends["labels"][0] == "2026-11-20T14:00:00.000Z");
}

TEST_CASE("an hour without an end has no rate and no average") {
  Rig rig;
  rig.tell({Story{"a"}.completed(hour_s, 20), Story{"b"}.completed(hour_s, 40), Story{"c"}.failed(hour_s)});
  const auto all = rig.json("/api/v1/dashboard");
  const auto& trends = all["trends"];
  CHECK(trends["success_rate_trend"][newest].GetDouble() == doctest::Approx(100.0 * 2 / 3));
  CHECK(trends["avg_duration_trend"][newest].GetDouble() == doctest::Approx(30));
  CHECK(trends["success_rate_trend"][0].IsNull());
  CHECK(trends["avg_duration_trend"][0].IsNull());
}

TEST_CASE("hours move with the clock, and what is older than a day leaves the trends but not the totals") {
  Rig rig;
  rig.tell({Story{"old"}.started(-23 * hour_s + hour_s)});  // 14:00 the day before
  CHECK(rig.json("/api/v1/dashboard")["trends"]["migrations_per_hour"][0].GetInt64() == 1);
  rig.clock.advance(std::chrono::hours{1});
  const auto later = rig.json("/api/v1/dashboard");
  for (const auto& started : later["trends"]["migrations_per_hour"].GetArray())
    CHECK(started.GetInt64() == 0);
  CHECK(later["metrics"]["total_migrations"].GetInt64() == 1);
}

TEST_CASE("an event from the future is in no hour yet") {
  Rig rig;
  rig.tell({Story{"soon"}.started(5 * hour_s)});
  const auto all = rig.json("/api/v1/dashboard");
  for (const auto& started : all["trends"]["migrations_per_hour"].GetArray()) CHECK(started.GetInt64() == 0);
}

TEST_CASE("hours before 1970 are rounded down as well") {
  CHECK(dashboard::hour_of(from_unix_ms(-1)) == -1);
  CHECK(dashboard::start_of_hour(-1) == from_unix_ms(-3'600'000));
}
