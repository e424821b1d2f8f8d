// The worker with the real tools, on small disks, without a broker.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>

#include "producers/worker/checksum.h"
#include "producers/worker/copy_engine.h"
#include "producers/worker/directory_upload.h"
#include "producers/worker/subprocess.h"
#include "tests/unit/worker/bench.h"

namespace {

using namespace godwit;
using namespace godwit::worker;
namespace fs = std::filesystem;

constexpr std::int64_t mebibyte = 1 << 20;

void run_ok(const std::string& tool, std::vector<std::string> arguments) {
  Subprocess runner;
  Command command;
  command.program = tool;
  command.arguments = std::move(arguments);
  const auto exit = runner.run(command, [](Channel, std::string_view) {}, {});
  REQUIRE(exit.ok());
  REQUIRE(exit->succeeded());
}

// 12 MiB with data at both ends and a hole between; its size is no multiple of a cluster.
std::string make_raw(const Workspace& folder) {
  std::string path = folder.path("disk.raw");
  std::ofstream file{path, std::ios::binary};
  std::mt19937_64 random{42};
  const auto write_noise = [&](std::int64_t bytes) {
    for (std::int64_t i = 0; i < bytes / 8; ++i) {
      const std::uint64_t word = random();
      file.write(reinterpret_cast<const char*>(&word), sizeof word);
    }
  };
  write_noise(3 * mebibyte);
  file.seekp(9 * mebibyte);
  write_noise(3 * mebibyte + 512);
  return path;
}

struct Bench {
  Workspace folder = Workspace::create(fs::temp_directory_path().string()).value();
  stream::MemoryLog log{1};
  SystemClock clock;
  Control control;
  Subprocess runner{&control};
  test::SilentObserver observer;
  std::stop_source stop;

  Outcome migrate(const std::string& source) { return migrate(source, observer); }
  Outcome migrate(const std::string& source, Observer& watcher) {
    producer::Migration migration{log, clock, test::worker_identity()};
    DirectoryUpload uploader{target(), control};
    Disk disk;
    disk.source = source;
    disk.copy = folder.path("copy");
    disk.converted = folder.path("converted");
    disk.uploader = &uploader;
    CopyEngine engine;
    const AttemptParts parts{runner, migration, watcher, clock, control};
    Outcome outcome = Pipeline{engine, parts, stop.get_token()}.run({disk});
    REQUIRE(migration.flush().ok());
    return outcome;
  }
  std::string target() const { return folder.path("web01.qcow2"); }
  event::Failure failure() const {
    return test::events_on(log, event::Topic::lifecycle).back().data.error.value_or(event::Failure{});
  }
};

TEST_CASE("a raw disk arrives as an identical qcow2, with true progress") {
  Bench bench;
  const std::string source = make_raw(bench.folder);
  const Outcome outcome = bench.migrate(source);
  INFO(outcome.failure.value_or(event::Failure{}).message);
  REQUIRE(outcome.end == Outcome::End::completed);
  CHECK(test::story(bench.log).size() == 10);
  CHECK(outcome.result.bytes_exported == 12 * mebibyte + 512);
  run_ok("qemu-img", {"compare", "-f", "raw", "-F", "qcow2", source, bench.target()});
  run_ok("qemu-img", {"check", "-f", "qcow2", bench.target()});
  CHECK(sha256_of_file(bench.target(), {}, {}).value() == outcome.disks.front().sha256);

  std::optional<producer::Tick> last_export;
  for (const auto& tick : bench.observer.ticks)
    if (tick.stage == "export") last_export = tick;
  REQUIRE(last_export.has_value());
  CHECK(last_export->bytes_done == 12 * mebibyte + 512);
  CHECK(last_export->bytes_total == 12 * mebibyte + 512);
}

TEST_CASE("a vmdk of either single-file kind arrives as an identical qcow2") {
  for (const std::string subformat : {"monolithicSparse", "streamOptimized"}) {
    Bench bench;
    const std::string vmdk = bench.folder.path("disk.vmdk");
    run_ok("qemu-img", {"convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=" + subformat,
                        make_raw(bench.folder), vmdk});
    const Outcome outcome = bench.migrate(vmdk);
    INFO(outcome.failure.value_or(event::Failure{}).message);
    REQUIRE(outcome.end == Outcome::End::completed);
    run_ok("qemu-img", {"compare", "-f", "vmdk", "-F", "qcow2", vmdk, bench.target()});
  }
}

TEST_CASE("what is no disk image of a known kind fails with qemu-img's words") {
  Bench bench;
  const Outcome outcome = bench.migrate(bench.folder.path("nothing"));
  CHECK(outcome.end == Outcome::End::failed);
  CHECK(bench.failure().message.starts_with("qemu-img: Could not open"));
  CHECK(bench.failure().exit_code == 1);
}

// While alive, no file may grow beyond the limit: a full disk without a file system of its own.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::int64_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{static_cast<rlim_t>(bytes), before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE("an export without room fails as storage, and says so") {
  Bench bench;
  const std::string source = make_raw(bench.folder);
  const FileSizeLimit limit{4 * mebibyte};
  const Outcome outcome = bench.migrate(source);
  CHECK(outcome.end == Outcome::End::failed);
  CHECK(outcome.stage == "export");
  CHECK(bench.failure().code == "no_space");
  CHECK(bench.failure().error_class == "storage");
  CHECK(test::story(bench.log) == std::vector<std::string>{"task.started", "stage.started export",
                                                           "stage.failed export", "task.failed"});
}

TEST_CASE("an upload without room fails as storage and leaves no partial file") {
  Bench bench;
  const std::string file = make_raw(bench.folder);
  DirectoryUpload upload{bench.target(), bench.control};
  const FileSizeLimit limit{4 * mebibyte};
  const auto uploaded = upload.upload(file, [](std::int64_t, std::int64_t) {}, {});
  REQUIRE_FALSE(uploaded.ok());
  CHECK(uploaded.error().code == "no_space");
  CHECK_FALSE(fs::exists(bench.target()));
  CHECK_FALSE(fs::exists(bench.target() + ".part"));
}

// Cancels on the first tick of a stage.
class CancellingObserver final : public Observer {
 public:
  CancellingObserver(std::string stage, std::stop_source& stop) : stage_(std::move(stage)), stop_(stop) {}
  void stage_started(std::string_view, int, int) override {}
  void note(std::string_view) override {}
  void progress(const producer::Tick& tick) override {
    if (tick.stage == stage_) stop_.request_stop();
  }
  void stage_ended(std::string_view, StageEnd, Millis) override {}

 private:
  std::string stage_;
  std::stop_source& stop_;
};

TEST_CASE("a cancel in any stage that reports progress ends the real tools and leaves nothing behind") {
  for (const std::string stage : {"export", "conversion", "upload"}) {
    Bench bench;
    const std::string source = make_raw(bench.folder);
    CancellingObserver observer{stage, bench.stop};
    // Slow enough that the tool still runs when it is cancelled.
    bench.control.limit(stage == "conversion" ? 2 * mebibyte : mebibyte);
    const Outcome outcome = bench.migrate(source, observer);
    CHECK(outcome.end == Outcome::End::cancelled);
    CHECK(outcome.stage == stage);
    CHECK(test::story(bench.log).back() == "task.cancelled");
    CHECK_FALSE(fs::exists(bench.target()));
    CHECK_FALSE(fs::exists(bench.target() + ".part"));
  }
}

}  // namespace
