// A store and a log that do not belong together: the runner must notice before it folds anything.
#include <doctest/doctest.h>

#include "counting.h"

namespace godwit::projection::testing {
namespace {

TEST_CASE(
    "a log that holds another record where the last folded one lay is refused and nothing of it is folded") {
  World before;
  for (int i = 0; i < 3; ++i) before.append(0, event_record(fmt::format("e{}", i), "t-1"));
  {
    const auto process = before.start();
    process->source.assign({at(lifecycle, 0)});
    process->turn();
  }
  World after;  // the topic was re-created and has grown beyond the position
  after.disk = before.disk;
  for (int i = 0; i < 5; ++i) after.append(0, event_record(fmt::format("new-{}", i), "t-1"));
  const auto process = after.start();
  process->source.assign({at(lifecycle, 0)});
  for (int turn = 0; turn < 3; ++turn) process->turn();
  CHECK(after.events("p-0000", "t-1") == 3);
  const auto refused = process->runner.stats().refused;
  REQUIRE(refused.contains("p-0000"));
  CHECK(refused.at("p-0000").find("re-created or truncated") != std::string::npos);
}

TEST_CASE("the same log is read on from where it was left after its last folded record was compared") {
  World world;
  for (int i = 0; i < 3; ++i) world.append(0, event_record(fmt::format("e{}", i), "t-1"));
  {
    const auto process = world.start();
    process->source.assign({at(lifecycle, 0)});
    process->turn();
  }
  world.append(0, event_record("e3", "t-1"));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turn();
  CHECK(world.disk.images["p-0000"].states["t-1"].ids == std::vector<std::string>{"e0", "e1", "e2", "e3"});
  CHECK(process->runner.stats().refused.empty());
}

TEST_CASE("one refused partition does not stop the others") {
  World before;
  before.append(0, event_record("a", "t-1"));
  before.append(1, event_record("b", "t-2"));
  {
    const auto process = before.start();
    process->source.assign({at(lifecycle, 0), at(lifecycle, 1)});
    process->turn();
  }
  World after;
  after.disk = before.disk;
  after.append(0, event_record("other", "t-1"));
  after.append(1, event_record("b", "t-2"));
  after.append(1, event_record("c", "t-2"));
  const auto process = after.start();
  process->source.assign({at(lifecycle, 0), at(lifecycle, 1)});
  for (int turn = 0; turn < 2; ++turn) process->turn();
  CHECK(process->runner.stats().refused.size() == 1);
  CHECK(after.disk.images["p-0001"].states["t-2"].ids == std::vector<std::string>{"b", "c"});
}

}  // namespace
}  // namespace godwit::projection::testing
