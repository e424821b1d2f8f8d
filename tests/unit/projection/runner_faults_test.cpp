// The runner when something fails: store, broker, or the process itself.
#include <doctest/doctest.h>

#include "counting.h"

namespace godwit::projection::testing {
namespace {

using Fault = FaultyStores::Fault;

TEST_CASE("a store that fails suspends its own partition, and the others go on") {
  for (const Fault fault : {Fault::begin, Fault::fold, Fault::commit}) {
    CAPTURE(static_cast<int>(fault));
    World world;
    const auto process = world.start();
    process->source.assign({at(lifecycle, 0), at(lifecycle, 1)});
    world.append(0, event_record("a1", "t-a"));
    process->turn();

    world.stores.break_store("p-0000", fault);
    world.append(0, event_record("a2", "t-a"));
    world.append(1, event_record("b1", "t-b"));
    process->turn();
    CHECK(world.events("p-0000", "t-a") == 1);
    CHECK(world.events("p-0001", "t-b") == 1);
    CHECK(process->runner.stats().suspended.at("p-0000") == "p-0000: the disk is full");
    CHECK_FALSE(process->runner.stats().suspended.contains("p-0001"));

    world.append(0, event_record("a3", "t-a"));
    world.append(1, event_record("b2", "t-b"));
    world.clock.advance(Millis{5000});
    process->turns(3);
    CHECK(world.events("p-0000", "t-a") == 1);
    CHECK(world.events("p-0001", "t-b") == 2);

    world.stores.mend();
    world.clock.advance(Millis{5000});
    process->turns(2);
    CHECK(world.disk.images["p-0000"].states["t-a"].ids == std::vector<std::string>{"a1", "a2", "a3"});
    CHECK(process->runner.stats().suspended.empty());
  }
}

TEST_CASE("a suspended store is not asked again before its pause is over") {
  World world;
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  world.append(0, event_record("a1", "t-a"));
  world.disk.failing_commits = 1;
  process->turn();
  world.clock.advance(Millis{999});
  process->turns(3);
  CHECK(process->runner.stats().suspended.contains("p-0000"));
  world.clock.advance(Millis{1});
  process->turns(2);
  CHECK(world.events("p-0000", "t-a") == 1);
}

TEST_CASE("a suspended partition has not caught up, and what waits is its lag") {
  World world;
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  world.append(0, event_record("a1", "t-a"));
  world.stores.break_store("p-0000", Fault::commit);
  process->turns(2);
  const PartitionState state = process->runner.stats().partitions.at(0);
  CHECK_FALSE(state.caught_up);
  CHECK(state.lag() == 1);
}

TEST_CASE("what a failed transaction counted is not counted twice after it is repeated") {
  World world;
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  world.append(0, event_record("a1", "t-a"));
  world.append(0, poison_record("t-a"));
  world.disk.failing_commits = 1;
  process->turn();
  world.clock.advance(Millis{1000});
  process->turns(3);
  const auto stats = process->runner.stats();
  CHECK(stats.events.at({"io.godwit.task.queued.v1", "applied"}) == 1);
  CHECK(stats.dead_letters.at({lifecycle, "not_json"}) == 1);
  CHECK(world.letters() == 1);
}

TEST_CASE("a store that cannot be opened is told by name, and the other partitions are folded") {
  World world;
  world.stores.break_store("p-0000", Fault::open);
  world.append(0, event_record("a1", "t-a"));
  world.append(1, event_record("b1", "t-b"));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0), at(lifecycle, 1)});
  process->turns(2);
  CHECK(process->runner.stats().refused.at("p-0000") == "p-0000 belongs to another cluster");
  CHECK(world.events("p-0001", "t-b") == 1);

  // Giving another partition up does not make it readable.
  process->source.revoke({at(lifecycle, 1)});
  CHECK(process->runner.stats().refused.contains("p-0000"));

  world.stores.mend();
  process->source.assign({at(lifecycle, 0)});
  process->turn();
  CHECK(process->runner.stats().refused.empty());
  CHECK(world.events("p-0000", "t-a") == 1);
}

TEST_CASE("a poll that fails is told until one works again, and nothing is lost") {
  World world;
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  world.append(0, event_record("a1", "t-a"));
  process->source.fail_next(transient_error("broker away"));
  process->turn();
  CHECK(process->runner.stats().source_error == "broker away");
  process->turn();
  CHECK_FALSE(process->runner.stats().source_error);
  CHECK(world.events("p-0000", "t-a") == 1);
}

TEST_CASE("a process that dies before it commits leaves the state before, and the next one folds the same") {
  World world;
  world.append(0, event_record("a1", "t-a"));
  auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  world.stores.break_store("p-0000", Fault::commit);
  process->turn();
  process.reset();
  CHECK(world.disk.images["p-0000"].states.empty());
  CHECK(world.disk.images["p-0000"].positions.empty());
  world.stores.mend();
  process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turn();
  CHECK(world.events("p-0000", "t-a") == 1);
}

TEST_CASE("dead letters wait for a broker that is away and are published when it is back") {
  World world;
  world.publisher.away = true;
  world.append(0, poison_record("t-a"));
  world.append(0, poison_record("t-b"));
  auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turns(3);
  CHECK(world.letters() == 0);
  CHECK(world.disk.images["p-0000"].letters.size() == 2);
  process = world.start();  // they outlive the process
  process->source.assign({at(lifecycle, 0)});
  world.publisher.away = false;
  process->turns(3);
  CHECK(world.letters() == 2);
  CHECK(world.disk.images["p-0000"].letters.empty());
}

TEST_CASE("a dead letter whose acknowledgement comes between two turns is published once") {
  World world;
  world.publisher.corked = true;
  world.append(0, poison_record("t-a"));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turns(3);
  CHECK(world.letters() == 1);
  CHECK(world.disk.images["p-0000"].letters.size() == 1);  // not known to be published yet
  world.publisher.uncork();
  process->turns(3);
  CHECK(world.letters() == 1);
  CHECK(world.disk.images["p-0000"].letters.empty());
}

TEST_CASE("a letter that is published but could not be marked is published again, under the same key") {
  World world;
  world.stores.break_store("p-0000", Fault::mark);
  world.append(0, poison_record("t-a"));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turns(2);
  CHECK(process->runner.stats().suspended.contains("p-0000"));
  world.stores.mend();
  world.clock.advance(Millis{1000});
  process->turns(4);
  const auto& letters = world.log.records(at(std::string{dead_letter_topic}, 0));
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].record.key == letters[1].record.key);
  CHECK(world.disk.images["p-0000"].letters.empty());
}

TEST_CASE("an acknowledgement that arrives after its partition is gone harms nobody") {
  World world;
  world.publisher.corked = true;
  world.append(0, poison_record("t-a"));
  auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turn();
  process->source.revoke({at(lifecycle, 0)});
  world.publisher.uncork();
  process.reset();
  CHECK(world.disk.images["p-0000"].letters.size() == 1);
}

}  // namespace
}  // namespace godwit::projection::testing
