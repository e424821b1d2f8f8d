// A rebuild beside the serving store, in memory.
#include "common/projection/rebuild.h"

#include <doctest/doctest.h>

#include "counting.h"

namespace godwit::projection::testing {
namespace {

// A consumer that rebuilds: the live process, and the rebuild with a source of its own.
struct Rebuilding {
  explicit Rebuilding(std::size_t batch = 10)
      : rebuild(
            {.consumer = "counting", .poll = {.records_max = batch}}, stores, {&live.runner},
            [this](stream::AssignmentListener& listener) -> Result<std::unique_ptr<stream::ManualSource>> {
              auto fresh = std::make_unique<stream::MemorySource>(log, listener);
              source = fresh.get();
              return std::unique_ptr<stream::ManualSource>{std::move(fresh)};
            },
            clock) {
    live.source.assign({at(lifecycle, 0), at(lifecycle, 1)});
  }
  void append(int partition, int count) {
    for (int i = 0; i < count; ++i)
      log.append(event_record(fmt::format("e{}", made++), "t-a"), stream::Partition{partition});
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) {
      live.turn();
      rebuild.turn();
      clock.advance(Millis{100});
    }
  }
  const RebuildOf& of(const std::string& store) {
    told = rebuild.snapshot();
    for (const RebuildOf& each : told.stores)
      if (each.store == store) return each;
    FAIL("no rebuild of " << store);
    return told.stores.front();
  }
  int events(const std::string& store) { return disk.images[store].states["t-a"].events; }

  stream::MemoryLog log{2};
  MemoryDisk<Counting> disk;
  MemoryStores<Counting> stores{disk};
  CorkedPublisher publisher{log};
  FakeClock clock{from_unix_ms(1795254859257)};
  Process live{log, stores, publisher, clock, {.consumer = "counting"}};
  stream::MemorySource* source = nullptr;
  Rebuild rebuild;
  RebuildSnapshot told;
  int made = 0;
};

TEST_CASE("a rebuild begins at the start of the log, serves nothing, and takes over when it has caught up") {
  Rebuilding world{3};
  world.append(0, 20);
  world.append(1, 2);
  world.turns(2);
  world.disk.images["p-0000"].states["t-a"].events = 1000;  // what a mistake of an older code has left
  REQUIRE(world.rebuild.start(false));
  CHECK_FALSE(world.rebuild.start(false));  // one at a time
  world.turns(3);
  CHECK(world.of("p-0000").state == RebuildState::folding);
  CHECK(world.events("p-0000") == 1000);
  world.append(0, 1);  // the serving store goes on meanwhile
  world.turns(1);
  CHECK(world.events("p-0000") == 1001);
  world.turns(30);
  CHECK(world.events("p-0000") == 21);
  CHECK(world.events("p-0001") == 2);
  CHECK(world.disk.next.empty());
  CHECK(world.of("p-0000").state == RebuildState::swapped);
  CHECK_FALSE(world.told.running);
  world.append(0, 1);
  world.turns(2);
  CHECK(world.events("p-0000") == 22);
  CHECK(world.rebuild.start(false));  // another time
}

TEST_CASE("the serving store is never replaced by one that is behind it") {
  Rebuilding world{2};
  world.append(0, 30);
  world.turns(2);
  CHECK(world.rebuild.start(false));
  int before = 0;
  for (int turn = 0; turn < 60; ++turn) {
    world.append(0, turn % 3 == 0 ? 1 : 0);
    world.turns(1);
    CHECK(world.events("p-0000") >= before);
    before = world.events("p-0000");
  }
  CHECK(world.of("p-0000").state == RebuildState::swapped);
}

TEST_CASE("a rebuild passes over a known dead letter without publishing it again") {
  Rebuilding world;
  world.append(0, 2);
  world.log.append(poison_record("t-a"), stream::Partition{0});
  world.append(0, 2);
  world.turns(3);
  const stream::TopicPartition letters = at(std::string{dead_letter_topic}, 0);
  CHECK(world.log.records(letters).size() == 1);
  CHECK(world.rebuild.start(false));
  world.turns(20);
  CHECK(world.of("p-0000").state == RebuildState::swapped);
  CHECK(world.events("p-0000") == 4);
  CHECK(world.log.records(letters).size() == 1);
  CHECK(world.disk.images["p-0000"].known_letters.size() == 1);  // for the next rebuild
}

TEST_CASE("a rebuild stops at a record that is no event and no known dead letter, and the view serves on") {
  Rebuilding world;
  world.append(0, 2);
  world.log.append(poison_record("t-a"), stream::Partition{0});
  world.append(1, 2);
  world.turns(3);
  world.disk.images["p-0000"].known_letters.clear();  // as if an older code had taken it for an event
  CHECK(world.rebuild.start(false));
  world.turns(20);
  CHECK(world.of("p-0000").state == RebuildState::stopped);
  for (const char* part : {"migrations.lifecycle/0 offset 2", "no JSON", "stops"})
    CHECK_MESSAGE(world.of("p-0000").reason.find(part) != std::string::npos, part);
  CHECK(world.of("p-0001").state == RebuildState::swapped);
  CHECK_FALSE(world.told.running);
  CHECK(world.events("p-0000") == 2);
  world.append(0, 1);
  world.turns(2);
  CHECK(world.events("p-0000") == 3);
  CHECK(world.live.runner.stats().refused.empty());
}

TEST_CASE("a rebuild that is ahead of the serving store waits for it at a record that is no event") {
  Rebuilding world;
  world.append(0, 1);
  world.turns(2);
  CHECK(world.rebuild.start(false));
  world.log.append(poison_record("t-a"), stream::Partition{0});
  for (int turn = 0; turn < 3; ++turn) world.rebuild.turn();  // the live one does not come to turn
  CHECK(world.of("p-0000").reason.find("has not come to it yet") != std::string::npos);
  world.clock.advance(Millis{1000});
  world.turns(30);
  CHECK(world.of("p-0000").state == RebuildState::swapped);
}

TEST_CASE("a rebuild of a partition that goes to another instance ends, and goes on when it is back") {
  Rebuilding world{2};
  world.append(0, 20);
  world.turns(12);
  CHECK(world.rebuild.start(false));
  world.turns(4);
  const auto folded = world.disk.next["p-0000"].states["t-a"].events;
  CHECK(folded > 0);
  world.live.source.revoke({at(lifecycle, 0)});
  world.turns(2);
  CHECK(world.told.stores.size() <= 2);
  CHECK(world.disk.next["p-0000"].states["t-a"].events == folded);
  world.live.source.assign({at(lifecycle, 0)});
  world.turns(40);
  CHECK(world.of("p-0000").state == RebuildState::swapped);
  CHECK(world.events("p-0000") == 20);
}

TEST_CASE("progress tells events, events per second and the seconds left") {
  Rebuilding world{10};
  world.append(0, 1000);
  world.live.turn();
  for (int i = 0; i < 105; ++i) world.live.turn();
  CHECK(world.rebuild.start(false));
  for (int turn = 0; turn < 21; ++turn) {
    world.rebuild.turn();
    world.clock.advance(Millis{100});
  }
  const RebuildSnapshot told = world.rebuild.snapshot();
  CHECK(told.running);
  CHECK(told.events == 210);
  CHECK(told.events_per_second == doctest::Approx(100).epsilon(0.1));
  REQUIRE(told.eta_seconds);
  CHECK(*told.eta_seconds == doctest::Approx(8).epsilon(0.15));
}

// Found by the simulation: the source was at the end of the log, the store was not.
TEST_CASE("a rebuilt store that could not be written does not take over with what was only read") {
  Rebuilding world;
  world.append(0, 5);
  world.turns(2);
  CHECK(world.rebuild.start(false));
  world.disk.failing_commits = 1;
  world.rebuild.turn();  // reads everything, and cannot commit it
  for (int turn = 0; turn < 5; ++turn) {
    world.live.turn();
    world.rebuild.turn();
    CHECK(world.events("p-0000") == 5);
  }
  world.turns(30);
  CHECK(world.of("p-0000").state == RebuildState::swapped);
  CHECK(world.events("p-0000") == 5);
}

TEST_CASE("a store that waits too long for its successor is let go") {
  Rebuilding world;
  world.append(0, 5);
  world.turns(2);
  CHECK(world.rebuild.start(false));
  world.rebuild.turn();  // assigned and read to the end; asks for the store to be held
  world.live.turn();
  world.append(0, 1);
  world.live.turn();
  CHECK(world.events("p-0000") == 5);  // held
  world.clock.advance(Millis{20'000});
  world.source->fail_next(transient_error("broker away"));
  world.rebuild.turn();
  world.live.turn();
  world.live.turn();
  CHECK(world.events("p-0000") == 6);
}

}  // namespace
}  // namespace godwit::projection::testing
