// What ends badly: a lane that does not give its partitions up in time, a member that another one of its name
// has put out.
#include <doctest/doctest.h>

#include "tests/integration/lanes/stage.h"

namespace godwit::lanes_testing {
namespace {

constexpr int some = 2'000;
constexpr std::size_t all_partitions = partitions * 2;  // of two topics

// A lane per partition, so that the late one has one alone. "first" comes before "second": it keeps 0 to 2.
TEST_CASE("a lane that is late on revoke holds up nobody else, and its partition is read when it is ready") {
  Stage stage{"late"};
  const JoinOptions first_options{.instance_id = "first", .handover_timeout = Millis{500}};
  const Member first = stage.join(partitions, first_options);
  REQUIRE(wait_until([&] { return first.partitions() == all_partitions; }));
  stage.disk.hold("p-0000");
  stage.tell(some);
  REQUIRE(wait_until([&] { return stage.disk.is_waiting(); }));
  const Member second = stage.join(partitions, {.instance_id = "second"});
  REQUIRE(wait_until([&] { return second.partitions() == all_partitions / 2; }));
  stage.tell(some);
  CHECK(wait_until([&] { return stage.all_but_p0_folded(); }));
  CHECK(stage.disk.is_waiting());
  CHECK_FALSE(stage.all_folded());
  stage.disk.let_go();
  CHECK(wait_until([&] { return stage.all_folded(); }));
  CHECK(wait_until([&] { return first.partitions() + second.partitions() == all_partitions; }));
  stage.tell(some);
  CHECK(wait_until([&] { return stage.all_folded(); }));
  first.lanes->stop();
  second.lanes->stop();
  CHECK(stage.wrong().empty());
}

TEST_CASE("a late lane that has committed in the end has folded nothing that another member folds too") {
  Stage stage{"late-moves"};
  const JoinOptions leaving{.instance_id = "second", .handover_timeout = Millis{500}};
  SharedDisk disk_of_second;
  const Member second = stage.join(1, {leaving.instance_id, leaving.handover_timeout, &disk_of_second});
  REQUIRE(wait_until([&] { return second.partitions() == all_partitions; }));
  disk_of_second.hold("p-0000");
  stage.tell(some);
  REQUIRE(wait_until([&] { return disk_of_second.is_waiting(); }));
  const Member first = stage.join(1, {.instance_id = "first"});  // it gets 0 to 2
  REQUIRE(wait_until([&] { return first.partitions() == all_partitions / 2; }));
  REQUIRE(wait_until([&] { return stage.disk.folded_into("p-0000") > 0; }));
  disk_of_second.let_go();
  REQUIRE(wait_until([&] { return second.partitions() == all_partitions / 2; }));
  const std::size_t before = disk_of_second.folded_into("p-0000");
  stage.tell(some);
  CHECK(wait_until([&] {
    return stage.disk.folded().size() + disk_of_second.folded().size() >=
           2 * some + disk_of_second.folded_into("p-0000");
  }));
  CHECK(disk_of_second.folded_into("p-0000") == before);
  CHECK_FALSE(disk_of_second.open_stores().contains("p-0000"));
  first.lanes->stop();
  second.lanes->stop();
}

TEST_CASE("a static member that was put out by another of its name joins anew and loses nothing") {
  Stage stage{"fenced"};
  stage.tell(some);
  const Member only = stage.join(2, {.instance_id = "twin"});
  REQUIRE(wait_until([&] { return stage.all_folded(); }));
  const projection::Runner& lane = *only.lanes->runners().front();
  REQUIRE(lane.stats().revocations == 0);
  SharedDisk disk_of_the_other;
  const Member other = stage.join(2, {.instance_id = "twin", .disk = &disk_of_the_other});
  CHECK(wait_until([&] { return lane.stats().revocations > 0; }));
  other.lanes->stop();
  stage.tell(some);
  CHECK(wait_until([&] { return stage.all_folded(); }));
  CHECK(only.partitions() == all_partitions);
  only.lanes->stop();
  CHECK(stage.wrong().empty());
  CHECK(stage.disk.open_stores().empty());
}

}  // namespace
}  // namespace godwit::lanes_testing
