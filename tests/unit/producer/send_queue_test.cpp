#include "producers/cpp/spool/send_queue.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

namespace {

using namespace godwit;
using namespace godwit::producer;

Owed owed(std::uint64_t number, std::uint32_t size = 10) {
  return {nullptr, {.number = number, .segment = 1, .size = size, .offset = 0}, nullptr};
}

const Steady::time_point noon{};

TEST_CASE("after a failure nothing goes out until all in flight is settled, and then the failed ones first") {
  SendQueue queue{{.retry_interval = Millis{100}}};
  for (std::uint64_t i = 1; i <= 5; ++i) queue.push_back(owed(i));
  const Ticket first = queue.take(), second = queue.take(), third = queue.take();
  queue.fail(first, noon);
  CHECK_FALSE(queue.can_take(noon + Millis{1000}));
  queue.fail(third, noon);
  queue.settle(second);
  CHECK(queue.size() == 4);
  CHECK(queue.oldest().spot.number == 1);
  CHECK_FALSE(queue.can_take(noon + Millis{99}));
  std::vector<std::uint64_t> order;
  while (queue.can_take(noon + Millis{100})) order.push_back(queue.in_flight(queue.take()).spot.number);
  CHECK(order == std::vector<std::uint64_t>{1, 3, 4, 5});
}

TEST_CASE("no more is in flight than the bounds allow, in records and in bytes") {
  SendQueue queue{{.in_flight_max = 2, .in_flight_bytes_max = 1000}};
  for (std::uint64_t i = 1; i <= 3; ++i) queue.push_back(owed(i));
  const Ticket first = queue.take();
  (void)queue.take();
  CHECK_FALSE(queue.can_take(noon));
  queue.settle(first);
  CHECK(queue.can_take(noon));

  SendQueue heavy{{.in_flight_max = 100, .in_flight_bytes_max = 1000}};
  for (std::uint64_t i = 1; i <= 3; ++i) heavy.push_back(owed(i, 600));
  (void)heavy.take();
  (void)heavy.take();
  CHECK_FALSE(heavy.can_take(noon));
}

TEST_CASE("under random failures each record is stored, and never before an earlier one of its key") {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 chance{seed};
    SendQueue queue{{.in_flight_max = 8, .retry_interval = Millis{10}}};
    Steady::time_point now{};
    std::uint64_t next = 1;
    std::vector<std::pair<Ticket, std::uint64_t>> flying;
    std::uint64_t stored = 0;
    bool broken = false;  // a partition's failure hits all that follow in flight, as a producer's purge does
    while (next <= 100 || !queue.empty()) {
      now += Millis{1};
      if (next <= 100 && chance() % 2 == 0) queue.push_back(owed(next++));
      if (queue.can_take(now) && chance() % 2 == 0) {
        const Ticket ticket = queue.take();
        flying.emplace_back(ticket, queue.in_flight(ticket).spot.number);
      }
      if (flying.empty() || chance() % 2 == 0) continue;
      const auto [ticket, number] = flying.front();
      flying.erase(flying.begin());
      broken = broken || chance() % 5 == 0;
      if (broken) {
        queue.fail(ticket, now);
      } else {
        REQUIRE(number == stored + 1);
        stored = number;
        queue.settle(ticket);
      }
      if (flying.empty()) broken = false;
    }
    CHECK(stored == 100);
  }
}

}  // namespace
