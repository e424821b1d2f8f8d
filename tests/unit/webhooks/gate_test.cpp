#include "consumers/webhooks/gate.h"

#include <doctest/doctest.h>

#include <numeric>

#include "consumers/webhooks/fair_turns.h"
#include "tests/unit/webhooks/events.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;

namespace {

Timestamp at(int ms) { return noon + Millis{ms}; }

Gate gate_of(const Endpoint& endpoint) {
  Gate gate;
  gate.configure(endpoint, 1, noon);
  return gate;
}

}  // namespace

TEST_CASE("an endpoint that fails five times in a row is left alone, then probed once") {
  Endpoint endpoint = make_endpoint("e");
  endpoint.concurrency = 8;
  Gate gate = gate_of(endpoint);
  gate.began(noon, 8);
  for (int i = 0; i < 4; ++i) gate.ended(noon, Ended::failed, {}, 0.5);
  CHECK(gate.room(noon) == 4);
  gate.ended(noon, Ended::failed, {}, 0.5);
  CHECK(gate.breaker() == Breaker::State::open);
  gate.ended(noon, Ended::failed, {}, 0.5);  // begun before it opened
  CHECK(gate.room(noon) == 0);
  CHECK(gate.opens_at(noon) == at(3'750));  // three quarters of 5 s
  CHECK(gate.room(at(3'750)) == 1);
  gate.began(at(3'750), 1);
  CHECK(gate.breaker() == Breaker::State::half_open);
  CHECK(gate.room(at(60'000)) == 0);
  CHECK_FALSE(gate.opens_at(at(60'000)));
}

TEST_CASE("a probe that fails doubles the pause up to its bound, one that is answered ends it") {
  Breaker breaker{{.failures_max = 1, .pause = Millis{1000}, .pause_max = Millis{3000}}};
  Timestamp now = noon;
  breaker.failed(now, 1);
  for (const int pause : {1000, 2000, 3000, 3000}) {
    CHECK(breaker.opens_at() == now + Millis{pause});
    CHECK(breaker.room(breaker.opens_at() - Millis{1}, 9) == 0);
    now = breaker.opens_at();
    CHECK(breaker.room(now, 9) == 1);
    breaker.began(now);
    breaker.failed(now, 1);
  }
  breaker.began(now + Millis{3000});
  breaker.lost(now + Millis{3000});  // nobody knows: another one
  CHECK(breaker.room(now + Millis{3000}, 9) == 1);
  breaker.began(now + Millis{3000});
  breaker.answered();
  CHECK(breaker.state() == Breaker::State::closed);
  CHECK(breaker.room(now, 9) == 9);
  breaker.failed(now, 1);
  CHECK(breaker.opens_at() == now + Millis{1000});  // from the start again
}

TEST_CASE("a rate holds over any longer time, and what was not used is kept for a second at most") {
  Endpoint endpoint = make_endpoint("e");
  endpoint.concurrency = 1000;
  endpoint.rate_per_second = 10;
  Gate gate = gate_of(endpoint);
  std::size_t sent = 0;
  for (int ms = 0; ms <= 60'000; ms += 7) {
    const std::size_t room = gate.room(at(ms));
    gate.began(at(ms), room);
    for (std::size_t i = 0; i < room; ++i) gate.ended(at(ms), Ended::answered, {}, 0.5);
    sent += room;
  }
  CHECK(sent >= 600);
  CHECK(sent <= 601);
  CHECK(gate.room(at(200'000)) == 10);
  gate.began(at(200'000), 10);
  CHECK(gate.room(at(200'000)) == 0);
  CHECK(gate.opens_at(at(200'000)) == at(200'100));
}

TEST_CASE("an instance with a quarter of the partitions has a quarter of the rate") {
  Endpoint endpoint = make_endpoint("e");
  endpoint.rate_per_second = 2;
  Gate gate;
  gate.configure(endpoint, 0.25, noon);
  CHECK(gate.room(noon) == 1);
  gate.began(noon, 1);
  gate.ended(noon, Ended::answered, {}, 0.5);
  CHECK(gate.opens_at(noon) == at(2000));
}

TEST_CASE("the pause an endpoint asks for closes its gate, and so does being disabled") {
  Endpoint endpoint = make_endpoint("e");
  Gate gate = gate_of(endpoint);
  CHECK(gate.room(noon) == 4);
  gate.began(noon, 1);
  gate.ended(noon, Ended::answered, Millis{5000}, 0.5);
  CHECK(gate.room(at(4999)) == 0);
  CHECK(gate.opens_at(noon) == at(5000));
  CHECK(gate.room(at(5000)) == 4);
  endpoint.enabled = false;
  gate.configure(endpoint, 1, at(5000));
  CHECK(gate.room(at(5000)) == 0);
  CHECK_FALSE(gate.opens_at(at(5000)));
}

TEST_CASE("in quiet hours nothing is sent, and they end when they should") {
  const auto until = [](const char* hours, Timestamp now) {
    return quiet_until(*read_quiet_hours(hours), now);
  };
  const auto clock = [](int hour, int minute) {
    return noon - std::chrono::hours{12} + std::chrono::hours{hour} + std::chrono::minutes{minute};
  };
  CHECK_FALSE(until("22:00-07:00", noon));
  CHECK(until("22:00-07:00", clock(23, 0)) == clock(24 + 7, 0));
  CHECK(until("22:00-07:00", clock(6, 59)) == clock(7, 0));
  CHECK_FALSE(until("22:00-07:00", clock(7, 0)));
  CHECK(until("11:30-13:00", noon) == clock(13, 0));
  CHECK(until("13:00-15:00 +02:00", noon) == clock(13, 0));
  CHECK_FALSE(until("11:30-13:00 +02:00", noon));
  CHECK(until("22:00-07:00 -08:00", clock(14, 30)) == clock(15, 0));
  for (const char* wrong :
       {"", "22-7", "22:00", "24:00-07:00", "22:00-22:00", "22:00-07:60", "22:00-07:00+02:00", "aa:00-07:00"})
    CHECK_FALSE_MESSAGE(read_quiet_hours(wrong), wrong);
  Endpoint endpoint = make_endpoint("e");
  endpoint.quiet = *read_quiet_hours("11:30-13:00");
  const Gate gate = gate_of(endpoint);
  CHECK(gate.room(noon) == 0);
  CHECK(gate.opens_at(noon) == clock(13, 0));
  CHECK(gate.room(clock(13, 0)) == 4);
}

TEST_CASE("who wants little gets it, however much others want, and everybody's turn comes") {
  FairTurns turns;
  const std::vector<Wish> wishes{{"a", 100}, {"b", 1}, {"c", 100}};
  CHECK(turns.grant(wishes, 7) == std::vector<std::size_t>{3, 1, 3});
  CHECK(turns.grant(wishes, 0) == std::vector<std::size_t>{0, 0, 0});
  CHECK(turns.grant(wishes, 1000) == std::vector<std::size_t>{100, 1, 100});
  CHECK(turns.grant({}, 5).empty());
  std::vector<Wish> many;
  many.reserve(50);
  for (int i = 0; i < 50; ++i) many.push_back({std::string(1, 'a') + static_cast<char>('0' + i), 4});
  std::vector<std::size_t> got(many.size(), 0);
  for (int turn = 0; turn < 25; ++turn) {
    const auto granted = turns.grant(many, 6);
    for (std::size_t i = 0; i < got.size(); ++i) got[i] += granted[i];
  }
  CHECK(std::accumulate(got.begin(), got.end(), std::size_t{0}) == 150);
  for (const std::size_t each : got) CHECK(each == 3);
}
