#include "common/kafka/lane_orders.h"

#include <doctest/doctest.h>

#include <thread>

namespace godwit::kafka {
namespace {

using Kind = LaneOrder::Kind;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds long_enough{20};

stream::TopicPartition at(int number) { return {"a", stream::Partition{number}}; }

TEST_CASE("orders are carried out in turn, and the membership thread gets the answer to the last") {
  LaneOrders orders;
  orders.give({Kind::give_up, {at(1)}});
  orders.give({Kind::take, {at(2)}});
  CHECK(!orders.done());
  CHECK(orders.next()->kind == Kind::give_up);
  CHECK(orders.next()->kind == Kind::give_up);  // until it is carried out
  orders.carried_out({});
  CHECK(orders.next()->kind == Kind::take);
  orders.carried_out({{at(2), stream::Offset{7}}});
  CHECK(!orders.next());
  CHECK(orders.done());
  CHECK(orders.positions() == std::vector<stream::Position>{{at(2), stream::Offset{7}}});
}

TEST_CASE("an order that is not carried out has no answer yet, and waiting for it ends at the deadline") {
  LaneOrders orders;
  orders.give({Kind::take, {at(1)}});
  orders.carried_out({{at(1), stream::Offset{7}}});
  orders.give({Kind::take, {at(2)}});
  CHECK(!orders.wait(SteadyClock::now()));
  CHECK(orders.positions().empty());
}

TEST_CASE("a late lane first does what it owes, and answers to what it was given since") {
  LaneOrders orders;
  orders.give({Kind::give_up, {at(1)}});
  CHECK(!orders.wait(SteadyClock::now()));
  orders.give({Kind::take, {at(2)}});
  CHECK(orders.next()->partitions == std::vector{at(1)});
  orders.carried_out({});
  CHECK(!orders.done());
  CHECK(orders.positions().empty());
  orders.carried_out({{at(2), stream::Offset{7}}});
  CHECK(orders.wait(SteadyClock::now()));
  CHECK(orders.positions().size() == 1);
}

TEST_CASE("waiting ends when the lane has carried out its orders") {
  LaneOrders orders;
  orders.give({Kind::give_up, {at(1)}});
  const std::jthread lane{[&] { orders.carried_out({}); }};
  CHECK(orders.wait(SteadyClock::now() + long_enough));
}

TEST_CASE("nobody waits for a lane that has ended") {
  LaneOrders orders;
  orders.give({Kind::give_up, {at(1)}});
  orders.end();
  CHECK(orders.wait(SteadyClock::now() + long_enough));
  orders.give({Kind::take, {at(2)}});
  CHECK(orders.wait(SteadyClock::now() + long_enough));
  CHECK(orders.positions().empty());
}

}  // namespace
}  // namespace godwit::kafka
