#include "producers/worker/warm_engine.h"

#include <doctest/doctest.h>

#include "producers/worker/rounds.h"
#include "tests/unit/worker/bench.h"
#include "tests/unit/worker/fake_mirror.h"

namespace {

using namespace godwit;
using namespace godwit::worker;

using Story = std::vector<std::string>;

TEST_CASE("rounds go on until the limit, and not beyond it") {
  const RoundLimits limits{.rounds_max = 2};
  CHECK(next_step({{100, 10}}, limits, false) == NextStep::copy_again);
  CHECK(next_step({{100, 10}, {10, 5}}, limits, false) == NextStep::copy_again);
  CHECK(next_step({{100, 10}, {10, 5}, {5, 5}}, limits, false) == NextStep::cut_over);
  CHECK(next_step({{100, 10}}, {.rounds_max = 0}, false) == NextStep::cut_over);
}

TEST_CASE("the cutover comes early when little is left or somebody asks for it") {
  CHECK(next_step({{100, 0}}, {}, false) == NextStep::cut_over);
  CHECK(next_step({{100, 10}}, {.cutover_below_bytes = 10}, false) == NextStep::cut_over);
  CHECK(next_step({{100, 11}}, {.cutover_below_bytes = 10}, false) == NextStep::copy_again);
  CHECK(next_step({{100, 99}}, {}, true) == NextStep::cut_over);
}

TEST_CASE("rounds that do not shrink are stubborn, and that is said once") {
  std::vector<Round> rounds{{100, 10}, {10, 10}, {10, 10}};
  CHECK_FALSE(stops_converging(rounds, {}));
  rounds.push_back({10, 12});
  CHECK(stops_converging(rounds, {}));
  rounds.push_back({12, 13});
  CHECK_FALSE(stops_converging(rounds, {}));
  CHECK_FALSE(stops_converging({{100, 10}, {10, 9}, {9, 8}, {8, 7}}, {}));
}

struct Bench : test::Bench {
  test::FakeMirror mirror;
  WarmOptions options;

  Outcome run(std::int64_t disk_count = 1) {
    WarmEngine engine{mirror, options};
    return test::Bench::run(engine, disk_count);
  }
  std::vector<event::Event> events(event::Type type) const {
    std::vector<event::Event> out;
    for (auto& event : test::events_on(log, event::Topic::lifecycle))
      if (event.type == type) out.push_back(event);
    return out;
  }
};

TEST_CASE("a warm migration tells each round, the cutover and the downtime, in order") {
  Bench bench;
  bench.mirror.write_between_rounds({700, 300, 100});
  bench.options.limits.rounds_max = 2;
  REQUIRE(bench.run().end == Outcome::End::completed);
  CHECK(bench.mirror.did == Story{"open", "copy all 4096", "copy dirty 700", "copy dirty 300", "freeze",
                                  "copy dirty 100", "close"});
  CHECK(test::story(bench.log) == Story{"task.started",
                                        "stage.started precopy",
                                        "precopy.started",
                                        "precopy.completed",
                                        "precopy.started",
                                        "precopy.completed",
                                        "precopy.started",
                                        "precopy.completed",
                                        "stage.completed precopy",
                                        "stage.started cutover",
                                        "cutover.started",
                                        "downtime.started",
                                        "stage.completed cutover",
                                        "stage.started upload",
                                        "stage.completed upload",
                                        "stage.started validation",
                                        "stage.completed validation",
                                        "downtime.ended",
                                        "cutover.completed",
                                        "task.completed"});
  const auto rounds = bench.events(event::Type::precopy_completed);
  CHECK(rounds[0].data.delta_bytes == 4096);
  CHECK(rounds[2].data.delta_bytes == 300);
  CHECK(rounds[2].data.iteration == 2);
  CHECK(bench.events(event::Type::precopy_started)[1].data.delta_bytes == 700);
  CHECK(bench.events(event::Type::cutover_completed)[0].data.final_delta_bytes == 100);
  CHECK(bench.events(event::Type::cutover_completed)[0].data.iteration == 3);
  CHECK(bench.events(event::Type::task_completed)[0].data.bytes_exported == 4096 + 700 + 300 + 100);
}

TEST_CASE("ticks of a round carry its number and its own basis") {
  Bench bench;
  bench.mirror.write_between_rounds({700});
  bench.run();
  std::vector<std::pair<std::optional<std::int64_t>, std::string>> ticks;
  for (const auto& tick : bench.observer.ticks)
    if (tick.iteration) ticks.emplace_back(tick.iteration, tick.unit_basis);
  CHECK(ticks == decltype(ticks){{0, "virtual"}, {1, "delta"}, {2, "delta"}});
}

TEST_CASE("a round that fails fails the stage and leaves the source alone") {
  Bench bench;
  bench.mirror.write_between_rounds({700, 700});
  bench.mirror.fail_round(1);
  CHECK(bench.run().end == Outcome::End::failed);
  CHECK(bench.events(event::Type::precopy_failed)[0].data.iteration == 1);
  CHECK(bench.events(event::Type::downtime_started).empty());
  CHECK(bench.mirror.did.back() == "copy dirty 700");
}

TEST_CASE("a requested cutover is told as such") {
  Bench bench;
  bench.mirror.write_between_rounds({700, 700, 700, 700});
  bench.control.cut_over();
  bench.run();
  CHECK(bench.events(event::Type::cutover_requested).size() == 1);
  CHECK(bench.events(event::Type::precopy_completed).size() == 1);
}

TEST_CASE("the disks of one VM share each round") {
  Bench bench;
  REQUIRE(bench.run(2).end == Outcome::End::completed);
  CHECK(bench.events(event::Type::precopy_completed)[0].data.delta_bytes == 8192);
  CHECK(bench.events(event::Type::disk_completed).size() == 2);
}

}  // namespace
