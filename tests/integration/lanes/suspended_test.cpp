#include <doctest/doctest.h>

#include "tests/integration/lanes/stage.h"

namespace godwit::lanes_testing {
namespace {

constexpr std::size_t lanes = 3;
constexpr int some = 2'000;
constexpr std::size_t all_partitions = partitions * 2;  // of two topics

bool only_p0_is_behind(const Member& member) {
  const auto stats = member.lanes->stats();
  for (const projection::PartitionState& state : stats.partitions)
    if (state.at.partition.value() != 0 && (state.lag() > 0 || !state.caught_up)) return false;
  return stats.suspended.contains("p-0000") && stats.partitions.size() == all_partitions;
}

TEST_CASE("a lane whose store is suspended does not stop the others, and goes on when it can") {
  Stage stage{"suspended"};
  stage.disk.break_store("p-0000");
  stage.tell(some);
  const Member only = stage.join(lanes);
  CHECK(wait_until([&] { return only_p0_is_behind(only); }));
  stage.disk.mend();
  CHECK(wait_until([&] { return stage.all_folded(); }));
  CHECK(wait_until([&] { return only.lanes->stats().suspended.empty(); }));
  only.lanes->stop();
  CHECK(stage.wrong().empty());
}

TEST_CASE("a partition that was suspended when a rebalance came is read by whoever gets it") {
  Stage stage{"suspended-moves"};
  stage.disk.break_store("p-0000");
  stage.tell(some);
  const Member first = stage.join(lanes);
  REQUIRE(wait_until([&] { return only_p0_is_behind(first); }));
  Member second = stage.join(lanes);
  REQUIRE(wait_until([&] { return second.partitions() > 0; }));
  second.lanes->stop();
  REQUIRE(wait_until([&] { return first.partitions() == all_partitions; }));
  stage.disk.mend();
  CHECK(wait_until([&] { return stage.all_folded(); }));
  first.lanes->stop();
  CHECK(stage.wrong().empty());
}

}  // namespace
}  // namespace godwit::lanes_testing
