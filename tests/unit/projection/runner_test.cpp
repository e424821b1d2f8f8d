// The runner when nothing fails but what a log does by nature: redelivery, holes, poison, rebalances.
#include "common/projection/runner.h"

#include <doctest/doctest.h>

#include "counting.h"

namespace godwit::projection::testing {
namespace {

using Key = std::pair<std::string, std::string>;

std::uint64_t count(const std::map<Key, std::uint64_t>& counters, const std::string& a,
                    const std::string& b) {
  const auto found = counters.find({a, b});
  return found == counters.end() ? 0 : found->second;
}

TEST_CASE("records are folded in order and their states, outputs and positions are committed together") {
  World world;
  world.append(0, event_record("e1", "t-1"));
  world.append(0, event_record("e2", "t-2"));
  world.append(0, event_record("e3", "t-1"));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turn();
  auto& image = world.disk.images["p-0000"];
  CHECK(image.states["t-1"].ids == std::vector<std::string>{"e1", "e3"});
  CHECK(image.outputs.size() == 3);
  CHECK(image.positions.at(at(lifecycle, 0)) == stream::Offset{3});
  CHECK(process->source.reported() == std::vector<stream::Position>{{at(lifecycle, 0), stream::Offset{3}}});
  CHECK(process->touched.size() == 3);
}

TEST_CASE("a redelivered record is folded once and counted as redelivered") {
  World world;
  for (int i = 0; i < 3; ++i) world.append(0, event_record(fmt::format("e{}", i), "t-1"));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turn();
  process->source.rewind(at(lifecycle, 0), stream::Offset{0});
  world.append(0, event_record("e3", "t-1"));
  process->turn();
  CHECK(world.events("p-0000", "t-1") == 4);
  CHECK(count(process->runner.stats().events, "any", "redelivered") == 3);
  CHECK(count(process->runner.stats().events, "io.godwit.task.queued.v1", "applied") == 4);
}

TEST_CASE("holes in the offsets are neither waited for nor counted as lag") {
  World world;
  world.append(0, event_record("e1", "t-1"));
  world.log.skip_offsets(at(lifecycle, 0), 5);
  world.append(0, event_record("e2", "t-1"));
  world.log.skip_offsets(at(lifecycle, 0), 2);
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turn();
  CHECK(world.events("p-0000", "t-1") == 2);
  CHECK(world.disk.images["p-0000"].positions.at(at(lifecycle, 0)) == stream::Offset{7});
  const auto partitions = process->runner.stats().partitions;
  REQUIRE(partitions.size() == 1);
  CHECK(partitions[0].lag() == 0);
  CHECK(partitions[0].caught_up);
}

TEST_CASE("a partition has not caught up before its end, and its lag is what lies ahead") {
  World world;
  for (int i = 0; i < 5; ++i) world.append(0, event_record(fmt::format("e{}", i), "t-1"));
  const auto process = world.start({.consumer = "counting", .poll = {.records_max = 2}});
  process->source.assign({at(lifecycle, 0)});
  process->turn();
  CHECK(process->runner.stats().partitions.at(0).lag() == 3);
  CHECK_FALSE(process->runner.stats().partitions.at(0).caught_up);
  process->turns(2);
  CHECK(process->runner.stats().partitions.at(0).caught_up);
  world.append(0, event_record("e5", "t-1"));
  CHECK(process->runner.stats().partitions.at(0).caught_up);
}

TEST_CASE("poison becomes a dead letter with its origin and reason, and the consumer goes on") {
  World world;
  world.append(0, event_record("e1", "t-1"));
  world.append(0, poison_record("t-1"));
  world.append(0, event_record("e2", "t-1"));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turns(3);
  CHECK(world.events("p-0000", "t-1") == 2);
  CHECK(count(process->runner.stats().dead_letters, lifecycle, "not_json") == 1);
  REQUIRE(world.letters() == 1);
  const stream::OutRecord& letter = world.log.records(at(std::string{dead_letter_topic}, 0))[0].record;
  CHECK(letter.key == "migrations.lifecycle/0/1");
  CHECK(letter.value == "rubbish");
  const std::map<std::string, std::string> headers{letter.headers.begin(), letter.headers.end()};
  CHECK(headers.at("x-origin") == "test");
  CHECK(headers.at("godwit-consumer") == "counting");
  CHECK(headers.at("godwit-offset") == "1");
  CHECK(headers.at("godwit-reason") == "not_json");
  CHECK(headers.at("godwit-key") == "t-1");
  CHECK(world.disk.images["p-0000"].letters.empty());
}

TEST_CASE("an event of an unknown type is counted, folded into nothing and no dead letter") {
  World world;
  world.append(0, event_record("e1", "t-1", "io.godwit.moon.rose.v9"));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0)});
  process->turns(2);
  CHECK(count(process->runner.stats().events, "unknown", "unknown") == 1);
  CHECK(world.disk.images["p-0000"].states.empty());
  CHECK(world.disk.images["p-0000"].positions.at(at(lifecycle, 0)) == stream::Offset{1});
  CHECK(world.letters() == 0);
}

TEST_CASE("topics folded together share a store, each with its own position") {
  World world;
  world.append(1, event_record("e1", "t-1"));
  world.append(1, event_record("e2", "t-1", "io.godwit.task.heartbeat.v1", progress));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 1), at(progress, 1)});
  process->turn();
  CHECK(world.events("p-0001", "t-1") == 2);
  CHECK(world.disk.images["p-0001"].positions.size() == 2);
}

TEST_CASE("topics folded by themselves have a store each") {
  World world;
  world.append(1, event_record("e1", "t-1"));
  world.append(1, event_record("e2", "t-1", "io.godwit.task.heartbeat.v1", progress));
  const auto process = world.start({.consumer = "counting", .store_key = StoreKey::topic_partition});
  process->source.assign({at(lifecycle, 1), at(progress, 1)});
  process->turn();
  CHECK(world.events("migrations.lifecycle-0001", "t-1") == 1);
  CHECK(world.events("migrations.progress-0001", "t-1") == 1);
}

TEST_CASE("a partition that is revoked and comes back is read on from where its store is") {
  World world;
  world.append(0, event_record("e1", "t-1"));
  const auto process = world.start();
  process->source.assign({at(lifecycle, 0), at(lifecycle, 1)});
  process->turn();
  process->source.revoke({at(lifecycle, 0)});
  world.append(0, event_record("e2", "t-1"));
  process->turn();
  CHECK(world.events("p-0000", "t-1") == 1);
  CHECK(process->runner.stats().partitions.size() == 1);
  process->source.assign({at(lifecycle, 0)});
  process->turn();
  CHECK(world.events("p-0000", "t-1") == 2);
}

TEST_CASE("a partition counts as behind from the moment it is assigned, not from the end of the first turn") {
  World world;
  const auto process = world.start();
  process->runner.assigned({at(lifecycle, 0)});
  const auto stats = process->runner.stats();
  CHECK(stats.assigned);
  REQUIRE(stats.partitions.size() == 1);
  CHECK(!stats.partitions[0].caught_up);
}

TEST_CASE("who has given up every partition waits for the next assignment, even one of none") {
  World world;
  const auto process = world.start();
  process->runner.assigned({at(lifecycle, 0), at(lifecycle, 1)});
  process->runner.revoked({at(lifecycle, 0), at(lifecycle, 1)});
  CHECK(!process->runner.stats().assigned);
  process->runner.assigned({});
  CHECK(process->runner.stats().assigned);
}

TEST_CASE("a partition that moved to another process is folded there from where it was left") {
  World world;
  world.append(0, event_record("e1", "t-1"));
  const auto first = world.start();
  first->source.assign({at(lifecycle, 0)});
  first->turn();
  first->source.close();
  world.append(0, event_record("e2", "t-1"));
  const auto second = world.start();
  second->source.assign({at(lifecycle, 0)});
  second->turn();
  CHECK(world.disk.images["p-0000"].states["t-1"].ids == std::vector<std::string>{"e1", "e2"});
}

TEST_CASE("asked to stop, the runner ends its turn and gives its partitions up") {
  World world;
  world.append(0, event_record("e1", "t-1"));
  std::stop_source stop;
  Runner runner{{.consumer = "counting"},
                world.stores,
                world.publisher,
                world.clock,
                [&](const std::string&, const Touched&) { stop.request_stop(); }};
  stream::MemorySource source{world.log, runner};
  source.assign({at(lifecycle, 0)});
  runner.run(source, stop.get_token());
  CHECK(world.events("p-0000", "t-1") == 1);
  CHECK(runner.stats().partitions.empty());
}

}  // namespace
}  // namespace godwit::projection::testing
