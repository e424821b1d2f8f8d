#include "producers/worker/pipeline.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "producers/worker/copy_engine.h"
#include "tests/unit/worker/bench.h"

namespace {

using namespace godwit;
using namespace godwit::worker;

struct Bench : test::Bench {
  Outcome run(std::int64_t disk_count = 1) {
    CopyEngine engine;
    return test::Bench::run(engine, disk_count);
  }
  event::Event last() const { return test::events_on(log, event::Topic::lifecycle).back(); }
  event::Event last_but_one() const {
    const auto events = test::events_on(log, event::Topic::lifecycle);
    return events[events.size() - 2];
  }
};

using Story = std::vector<std::string>;

TEST_CASE("a migration that goes well tells its stages in order and ends completed") {
  Bench bench;
  const Outcome outcome = bench.run();
  CHECK(outcome.end == Outcome::End::completed);
  CHECK(test::story(bench.log) ==
        Story{"task.started", "stage.started export", "stage.completed export", "stage.started conversion",
              "stage.completed conversion", "stage.started upload", "stage.completed upload",
              "stage.started validation", "stage.completed validation", "task.completed"});
  const auto events = test::events_on(bench.log, event::Topic::lifecycle);
  CHECK(events[0].data.bytes_total == 4096);
  CHECK(events[0].data.total_stages == 4);
  CHECK(events[1].data.stage_index == 0);
  CHECK(events[1].data.bytes_total == 6);
  CHECK(events[2].data.bytes_done == 6);
  CHECK(events[6].data.bytes_done == 9);
  CHECK(*event::find_other(events[6].data, "checksum") == *event::find_other(events[4].data, "checksum"));
  CHECK(events[9].data.bytes_exported == 6);
  CHECK(events[9].data.bytes_converted == 512);
  CHECK(events[9].data.bytes_uploaded == 9);
  CHECK_FALSE(std::filesystem::exists(bench.folder.path("copy0")));
}

TEST_CASE("ticks carry what the tools said, each on its own basis, and no rate") {
  Bench bench;
  bench.run();
  const auto ticks = test::events_on(bench.log, event::Topic::progress);
  REQUIRE_FALSE(ticks.empty());
  CHECK(ticks[0].data.stage == "export");
  CHECK(ticks[0].data.unit_basis == "virtual");
  CHECK(ticks[0].data.bytes_done == 6);
  CHECK(ticks[0].data.bytes_total == 6);
  REQUIRE(bench.observer.ticks.size() == 6);
  const auto& ending = bench.observer.ticks[2];
  CHECK(ending.stage == "conversion");
  CHECK(ending.unit_basis == "allocated");
  CHECK(ending.percentage == 100);
  CHECK_FALSE(ending.bytes_done.has_value());
  for (const auto& tick : ticks) {
    CHECK_FALSE(tick.data.bytes_per_second.has_value());
    CHECK_FALSE(tick.data.eta_seconds.has_value());
  }
}

TEST_CASE("a failing conversion fails its stage and the task, with the tool's own words") {
  Bench bench;
  bench.runner.fail("qemu-img convert", 1,
                    "qemu-img: error while writing at byte 7: No space left on device\n");
  const Outcome outcome = bench.run();
  CHECK(outcome.end == Outcome::End::failed);
  CHECK(outcome.stage == "conversion");
  CHECK(test::story(bench.log) == Story{"task.started", "stage.started export", "stage.completed export",
                                        "stage.started conversion", "stage.failed conversion",
                                        "task.failed"});
  REQUIRE(bench.last().data.error.has_value());
  const event::Failure failure = *bench.last().data.error;
  CHECK(failure.code == "no_space");
  CHECK(failure.error_class == "storage");
  CHECK(failure.exit_code == 1);
  CHECK(failure.message == "qemu-img: error while writing at byte 7: No space left on device");
  CHECK(failure.phase == "qemu-img");
  CHECK(bench.last_but_one().data.error == failure);
  CHECK(bench.observer.ends == Story{"export completed", "conversion failed"});
}

TEST_CASE("a tool killed by someone else is a failure with its signal") {
  Bench bench;
  bench.runner.kill("nbdcopy", 9);
  CHECK(bench.run().end == Outcome::End::failed);
  CHECK(bench.last().type == event::Type::task_failed);
  CHECK(bench.last().data.error->signal == 9);
  CHECK(bench.last().data.error->code == "tool_killed");
  CHECK_FALSE(bench.last().data.error->exit_code.has_value());
}

TEST_CASE("a source that cannot be read is the export's failure, seen by everyone") {
  Bench bench;
  bench.runner.fail("qemu-img info", 1, "qemu-img: Could not open 'x'\n");
  bench.run();
  CHECK(test::story(bench.log) ==
        Story{"task.started", "stage.started export", "stage.failed export", "task.failed"});
  CHECK(bench.last().data.error->message == "qemu-img: Could not open 'x'");
}

TEST_CASE("a disk of several files is refused before anything is copied") {
  Bench bench;
  bench.runner.describe(
      "{\n    \"virtual-size\": 4096,\n    \"format\": \"qcow2\",\n    \"backing-filename\": \"base\"\n}\n");
  bench.run();
  CHECK(bench.last().data.error->code == "source_not_supported");
  CHECK(bench.runner.ran == Story{"qemu-img info"});
}

TEST_CASE("an export that differs from its source fails") {
  Bench bench;
  bench.runner.garble_export();
  bench.run();
  CHECK(bench.last().data.error->code == "export_differs");
}

TEST_CASE("a tool that is gone fails the stage that needs it") {
  Bench bench;
  bench.runner.remove("qemu-img convert");
  bench.run();
  CHECK(bench.last().data.error->code == "tool_missing");
}

TEST_CASE("an upload that is refused fails, with the bytes that got through") {
  Bench bench;
  bench.uploader.fail(make_failure("http_507", "network", "PUT was answered with 507", "upload", true));
  bench.run();
  CHECK(test::story(bench.log).back() == "task.failed");
  CHECK(bench.last_but_one().type == event::Type::stage_failed);
  CHECK(bench.last_but_one().data.stage == "upload");
  CHECK(bench.last_but_one().data.bytes_done == 4);
  CHECK(bench.last().data.error->code == "http_507");
}

TEST_CASE("images that differ fail the validation as bad data, not as a broken tool") {
  Bench bench;
  bench.runner.fail("qemu-img compare", 1, "");
  bench.run();
  CHECK(bench.last_but_one().data.stage == "validation");
  CHECK(bench.last().data.error->code == "images_differ");
  CHECK(bench.last().data.error->error_class == "data");
}

TEST_CASE("a comparison that could not be made is the tool's failure") {
  Bench bench;
  bench.runner.fail("qemu-img compare", 2, "qemu-img: Could not open\n");
  bench.run();
  CHECK(bench.last().data.error->code == "tool_failed");
}

TEST_CASE("an uploaded file with other bytes fails the validation") {
  Bench bench;
  bench.uploader.store_other_bytes();
  bench.run();
  CHECK(bench.last().data.error->code == "checksum_mismatch");
}

TEST_CASE("a stop while a tool runs cancels the task and fails no stage") {
  for (const std::string tool :
       {"nbdcopy", "qemu-img convert", "qemu-img compare", "qemu-img info", "nbdkit"}) {
    Bench bench;
    bench.runner.interrupt(tool, [&] { bench.stop.request_stop(); });
    const Outcome outcome = bench.run();
    CHECK(outcome.end == Outcome::End::cancelled);
    CHECK(bench.last().type == event::Type::task_cancelled);
    for (const std::string& line : test::story(bench.log)) CHECK(line.find("failed") == std::string::npos);
  }
}

TEST_CASE("a stop between two stages starts no further stage") {
  Bench bench;
  bench.stop.request_stop();
  CHECK(bench.run().end == Outcome::End::cancelled);
  CHECK(test::story(bench.log) == Story{"task.started", "task.cancelled"});
}

TEST_CASE("the disks of a VM are told apart, and the stage's figure has them all") {
  Bench bench;
  REQUIRE(bench.run(2).end == Outcome::End::completed);
  CHECK(test::story(bench.log) ==
        Story{"task.started", "stage.started export", "disk.started", "disk.started",
              "stage.completed export", "stage.started conversion", "stage.completed conversion",
              "stage.started upload", "stage.completed upload", "stage.started validation", "disk.completed",
              "disk.completed", "stage.completed validation", "task.completed"});
  const auto events = test::events_on(bench.log, event::Topic::lifecycle);
  CHECK(events[0].data.disks.size() == 2);
  CHECK(events[3].data.disk_index == 1);
  CHECK(events[3].data.disk_count == 2);
  CHECK(events[4].data.bytes_done == 12);
  CHECK(events[13].data.bytes_uploaded == 18);
  std::vector<std::optional<std::int64_t>> whole;
  for (const auto& tick : bench.observer.ticks)
    if (tick.stage == "export") whole.push_back(tick.bytes_done);
  CHECK(whole == decltype(whole){6, 12});
  std::vector<std::optional<std::int64_t>> disks;
  for (const auto& tick : test::events_on(bench.log, event::Topic::progress))
    if (tick.type == event::Type::disk_progress && tick.data.stage == "export")
      disks.push_back(tick.data.disk_index);
  CHECK(disks == decltype(disks){0, 1});
}

TEST_CASE("a disk that fails is named before its stage and its task") {
  Bench bench;
  bench.runner.fail("nbdcopy", 1, "nbdcopy: read failed\n");
  bench.run(2);
  CHECK(test::story(bench.log) == Story{"task.started", "stage.started export", "disk.started",
                                        "disk.started", "disk.failed", "stage.failed export", "task.failed"});
}

TEST_CASE("a pause between two stages holds until it is taken back, and is told once") {
  Bench bench;
  bench.control.pause();
  std::jthread later{[&] {
    while (bench.observer.notes_seen == 0) std::this_thread::yield();
    bench.control.resume();
  }};
  CHECK(bench.run().end == Outcome::End::completed);
  const auto story = test::story(bench.log);
  CHECK(std::count(story.begin(), story.end(), "task.paused") == 1);
  CHECK(std::count(story.begin(), story.end(), "task.resumed") == 1);
}

TEST_CASE("a paused migration can be cancelled") {
  Bench bench;
  bench.control.pause();
  std::jthread later{[&] {
    while (bench.observer.notes_seen == 0) std::this_thread::yield();
    bench.stop.request_stop();
  }};
  CHECK(bench.run().end == Outcome::End::cancelled);
  CHECK(test::story(bench.log).back() == "task.cancelled");
}

}  // namespace
