#include <doctest/doctest.h>

#include "tests/integration/lanes/stage.h"

namespace godwit::lanes_testing {
namespace {

constexpr std::size_t lanes = 3;
constexpr int some = 3'000;
constexpr std::size_t all_partitions = partitions * 2;  // of two topics

TEST_CASE("a rebalance between two members of three lanes each loses and doubles nothing") {
  Stage stage{"rebalance"};
  stage.tell(some);
  const Member first = stage.join(lanes);
  REQUIRE(wait_until([&] { return !stage.disk.folded().empty(); }));
  Member second = stage.join(lanes);
  stage.tell(some);
  REQUIRE(wait_until([&] { return first.partitions() > 0 && second.partitions() > 0; }));
  CHECK(first.partitions() + second.partitions() == all_partitions);
  stage.tell(some);
  second.lanes->stop();
  stage.tell(some);
  REQUIRE(wait_until([&] { return first.partitions() == all_partitions; }));
  REQUIRE(wait_until([&] { return stage.all_folded(); }));
  first.lanes->stop();
  CHECK(stage.wrong().empty());
  CHECK(stage.disk.open_stores().empty());
}

TEST_CASE("a lane that is busy commits what it has read before its partitions are released") {
  Stage stage{"busy"};
  const Member first = stage.join(lanes);
  REQUIRE(wait_until([&] { return first.partitions() == all_partitions; }));
  stage.disk.hold("p-0000");
  stage.tell(some);
  REQUIRE(wait_until([&] { return stage.disk.is_waiting(); }));
  const Member second = stage.join(lanes);
  // The other lanes have given theirs up; the busy one keeps its store, and nobody else has opened one.
  REQUIRE(wait_until([&] { return first.partitions() < all_partitions / 2; }));
  CHECK(stage.disk.open_stores().contains("p-0000"));
  CHECK(second.partitions() == 0);
  stage.disk.let_go();
  REQUIRE(wait_until([&] { return first.partitions() > 0 && second.partitions() > 0; }));
  REQUIRE(wait_until([&] { return stage.all_folded(); }));
  first.lanes->stop();
  second.lanes->stop();
  CHECK(stage.wrong().empty());
}

TEST_CASE("more lanes than partitions is as good as enough") {
  Stage stage{"idle"};
  stage.tell(some);
  const Member only = stage.join(partitions + 2);
  REQUIRE(wait_until([&] { return stage.all_folded(); }));
  CHECK(only.lanes->stats().assigned);
  only.lanes->stop();
  CHECK(stage.wrong().empty());
}

}  // namespace
}  // namespace godwit::lanes_testing
