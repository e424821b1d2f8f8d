#include "producers/gateway/rate_limit.h"

#include <doctest/doctest.h>

namespace godwit::gateway {
namespace {

const Timestamp noon = *parse_rfc3339("2026-11-21T12:00:00Z");

}  // namespace

TEST_CASE("a burst is let through, then as many events per second as allowed") {
  FakeClock clock{noon};
  RateLimit limit{{.events_per_second = 10, .burst_events = 3}, clock};
  for (int i = 0; i < 3; ++i) CHECK_FALSE(limit.admit("w"));
  CHECK(limit.admit("w") == Millis{100});
  clock.advance(Millis{99});
  CHECK(limit.admit("w").has_value());
  clock.advance(Millis{1});
  CHECK_FALSE(limit.admit("w"));
  clock.advance(Millis{60'000});  // never more than the burst
  for (int i = 0; i < 3; ++i) CHECK_FALSE(limit.admit("w"));
  CHECK(limit.admit("w").has_value());
}

TEST_CASE("a batch is paid for afterwards, and whoever owes waits") {
  FakeClock clock{noon};
  RateLimit limit{{.events_per_second = 100, .burst_events = 1}, clock};
  CHECK_FALSE(limit.admit("w"));
  limit.charge("w", 999);
  CHECK(limit.admit("w") == Millis{10'000});
  clock.advance(Millis{10'000});
  CHECK_FALSE(limit.admit("w"));
}

TEST_CASE("one caller's haste is not another's wait") {
  FakeClock clock{noon};
  RateLimit limit{{.events_per_second = 1, .burst_events = 1}, clock};
  CHECK_FALSE(limit.admit("a"));
  CHECK(limit.admit("a").has_value());
  CHECK_FALSE(limit.admit("b"));
}

TEST_CASE("a clock set back neither gives nor takes events") {
  FakeClock clock{noon};
  RateLimit limit{{.events_per_second = 1, .burst_events = 2}, clock};
  CHECK_FALSE(limit.admit("w"));
  clock.advance(Millis{-3'600'000});
  CHECK_FALSE(limit.admit("w"));
  CHECK(limit.admit("w") == Millis{1'000});
  clock.advance(Millis{1'000});
  CHECK_FALSE(limit.admit("w"));
}

TEST_CASE("without a limit everybody passes") {
  const FakeClock clock{noon};
  RateLimit limit{{}, clock};
  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(limit.admit("w"));
}

TEST_CASE("names that come and go are forgotten, those who owe are not") {
  FakeClock clock{noon};
  RateLimit limit{{.events_per_second = 1, .burst_events = 1, .names_max = 2}, clock};
  CHECK_FALSE(limit.admit("idle"));
  clock.advance(Millis{1'000});
  CHECK_FALSE(limit.admit("owes"));
  limit.charge("owes", 50);
  CHECK_FALSE(limit.admit("new"));  // takes the place of idle
  CHECK(limit.admit("owes") == Millis{51'000});
}

}  // namespace godwit::gateway
