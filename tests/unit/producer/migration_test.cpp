#include "producers/cpp/migration.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/producer/log_reading.h"

namespace {

using namespace godwit;
using namespace godwit::producer;

const Timestamp noon = parse_rfc3339("2026-11-21T12:00:00Z").value();

Identity identity() {
  Identity out;
  out.task_id = "t-1";
  out.vm_name = "web01";
  out.provider = "vsphere";
  out.host = "mover3";
  out.worker_id = "0199c3d2";
  out.user = "ana";
  out.source = Place{.uri = "file:///disks/web01.vmdk", .format = "vmdk"};
  return out;
}

Tick tick_of(const std::string& stage, std::int64_t bytes_done) {
  Tick tick;
  tick.stage = stage;
  tick.bytes_done = bytes_done;
  tick.bytes_total = 100;
  tick.unit_basis = "virtual";
  return tick;
}

event::Failure failure() {
  event::Failure out;
  out.code = "tool_failed";
  out.message = "qemu-img: it broke";
  out.exit_code = 1;
  return out;
}

TEST_CASE("every event of a migration is valid, in sequence, and of one source, subject and trace") {
  stream::MemoryLog log{1};
  FakeClock clock{noon};
  Migration migration{log, clock, identity()};
  REQUIRE(migration.started({.stages = {{"export", 0.5}, {"upload", 0.5}}, .disks = {}, .bytes_total = 100})
              .ok());
  REQUIRE(migration.stage_started("export", 0, 2, 100).ok());
  REQUIRE(migration
              .stage_completed("export", {.duration = Millis{5},
                                          .bytes_done = 100,
                                          .checksum = Checksum{"sha256", "ab"},
                                          .files = {"f"}})
              .ok());
  REQUIRE(migration.warning("slow disk").ok());
  REQUIRE(migration.stage_started("upload", 1, 2, std::nullopt).ok());
  REQUIRE(migration.stage_failed("upload", failure(), Millis{7}, 10).ok());
  REQUIRE(migration.failed(failure(), Millis{12}).ok());
  REQUIRE(migration.flush().ok());

  const auto events = test::events_on(log, event::Topic::lifecycle);
  REQUIRE(events.size() == 7);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i].sequence == fmt::format("{:020}", i + 1));
    CHECK(events[i].source == "/workers/mover3/0199c3d2/tasks/t-1");
    CHECK(events[i].subject == "t-1");
    CHECK(events[i].traceparent == events[0].traceparent);
    CHECK(events[i].data.vm_name == "web01");
    CHECK(events[i].data.provider == "vsphere");
    CHECK(events[i].data.attempt == 1);
    CHECK(events[i].data.user == "ana");
    CHECK(event::find_other(events[i].data, "source") != nullptr);
    ids.insert(events[i].id);
  }
  CHECK(ids.size() == events.size());
  CHECK(*event::find_other(events[2].data, "checksum") == R"({"alg":"sha256","value":"ab"})");
  CHECK(events[5].data.error == failure());
  CHECK(events[6].data.duration_ms == 12);
}

TEST_CASE("two migrations do not share a trace") {
  stream::MemoryLog log{1};
  FakeClock clock{noon};
  for (int i = 0; i < 2; ++i) {
    Migration migration{log, clock, identity()};
    REQUIRE(migration.cancelled("test").ok());
  }
  const auto events = test::events_on(log, event::Topic::lifecycle);
  REQUIRE(events.size() == 2);
  CHECK(events[0].traceparent != events[1].traceparent);
}

TEST_CASE("ticks are limited to five a second per stage, and one held back takes no sequence number") {
  stream::MemoryLog log{1};
  FakeClock clock{noon};
  Migration migration{log, clock, identity()};
  int sent = 0;
  for (int i = 0; i < 100; ++i) {  // one second in steps of 10 ms
    if (migration.progress(tick_of("export", i))) ++sent;
    clock.advance(Millis{10});
  }
  CHECK(sent == 5);
  CHECK(migration.progress(tick_of("export", 100)));
  CHECK(migration.progress(tick_of("upload", 1)));  // another stage has its own share
  const auto ticks = test::events_on(log, event::Topic::progress);
  REQUIRE(ticks.size() == 7);
  for (std::size_t i = 0; i < ticks.size(); ++i) CHECK(ticks[i].sequence == fmt::format("{:020}", i + 1));
  CHECK(ticks[1].data.bytes_done == 20);
  CHECK(ticks[1].data.unit_basis == "virtual");
  CHECK_FALSE(ticks[1].data.bytes_per_second.has_value());
}

TEST_CASE("a clock that is set back does not silence a stage") {
  stream::MemoryLog log{1};
  FakeClock clock{noon};
  Migration migration{log, clock, identity()};
  CHECK(migration.progress(tick_of("export", 1)));
  clock.advance(Millis{-3'600'000});
  CHECK(migration.progress(tick_of("export", 2)));
}

TEST_CASE("heartbeats go to the progress topic and are rate-limited by themselves") {
  stream::MemoryLog log{1};
  FakeClock clock{noon};
  Migration migration{log, clock, identity()};
  CHECK(migration.heartbeat("export"));
  CHECK_FALSE(migration.heartbeat("export"));
  CHECK(migration.progress(tick_of("export", 1)));
  clock.advance(Millis{5000});
  CHECK(migration.heartbeat("export"));
  CHECK(test::events_on(log, event::Topic::progress).size() == 3);
}

TEST_CASE("an identity that breaks the contract is refused by the name of the member") {
  CHECK(Migration::check(identity()).ok());
  Identity bad = identity();
  bad.task_id = "with blanks";
  REQUIRE_FALSE(Migration::check(bad).ok());
  bad = identity();
  bad.provider = "VMware!";
  REQUIRE_FALSE(Migration::check(bad).ok());
  CHECK(Migration::check(bad).error().message.find("/data/provider") != std::string::npos);
  bad = identity();
  bad.vm_name = "";
  CHECK_FALSE(Migration::check(bad).ok());
  bad = identity();
  bad.vm_name = "\xff\xfe";
  CHECK_FALSE(Migration::check(bad).ok());
}

}  // namespace
