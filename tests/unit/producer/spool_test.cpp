#include "producers/cpp/spool/spool.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

#include "producers/cpp/migration.h"
#include "tests/lib/temporary_directory.h"
#include "tests/unit/producer/log_reading.h"
#include "tests/unit/producer/moody_publisher.h"

namespace {

using namespace godwit;
using namespace godwit::producer;
using test::MoodyPublisher;
using testing::TemporaryDirectory;

constexpr Millis long_enough{20'000};
const SystemClock wall_clock;

stream::OutRecord record(const std::string& value) {
  return {.topic = "migrations.lifecycle", .key = "t-1", .value = value, .headers = {}};
}

SpoolOptions quick(const TemporaryDirectory& directory) {
  SpoolOptions options;
  options.directory = directory.path();
  options.retry_interval = Millis{1};
  return options;
}

std::unique_ptr<Spool> open(stream::Publisher& publisher, SpoolOptions options) {
  auto spool = Spool::open(publisher, wall_clock, std::move(options));
  REQUIRE(spool.ok());
  return std::move(*spool);
}

std::size_t files_in(const TemporaryDirectory& directory) {
  const std::filesystem::recursive_directory_iterator all{directory.path()};
  return static_cast<std::size_t>(std::distance(all, {}));
}

std::vector<std::string> numbers(int from, int to) {
  std::vector<std::string> out;
  for (int i = from; i <= to; ++i) out.push_back(std::to_string(i));
  return out;
}

TEST_CASE(
    "records are stored in order whatever the broker refuses and fails, and the disk is clean afterwards") {
  const TemporaryDirectory directory;
  MoodyPublisher publisher;
  {
    const auto spool = open(publisher, quick(directory));
    publisher.refuse_next(3);
    publisher.fail_next(2);
    for (const auto& value : numbers(1, 50)) REQUIRE(spool->send("e", record(value)).ok());
    REQUIRE(spool->flush(long_enough).ok());
    CHECK(spool->figures().acknowledged == 50);
    CHECK(spool->figures().owed == 0);
  }
  CHECK(publisher.values() == numbers(1, 50));
  CHECK(files_in(directory) == 0);
}

TEST_CASE("a record never overtakes those that fail while it is being handed over") {
  const TemporaryDirectory directory;
  MoodyPublisher publisher;
  const auto spool = open(publisher, quick(directory));
  for (int round = 0; round < 20; ++round) {
    publisher.hold();
    publisher.break_after(round);
    for (const auto& value : numbers(round * 50 + 1, round * 50 + 50))
      REQUIRE(spool->send("e", record(value)).ok());
    REQUIRE(spool->flush(long_enough).ok());
  }
  CHECK(publisher.values() == numbers(1, 1000));
}

TEST_CASE(
    "what one spool still owes is sent by the next, before its own, and an adopted one leaves no files") {
  const TemporaryDirectory directory;
  MoodyPublisher away, back;
  away.refuse_next(1'000'000);
  {
    const auto first = open(away, quick(directory));
    for (const auto& value : numbers(1, 20)) REQUIRE(first->send("e", record(value)).ok());
    const Status flushed = first->flush(Millis{5});
    REQUIRE_FALSE(flushed.ok());
    CHECK(flushed.error().message.find("20 events not acknowledged") == 0);
    CHECK(flushed.error().message.find(directory.path()) != std::string::npos);
  }
  {
    const auto second = open(back, quick(directory));
    for (const auto& value : numbers(21, 25)) REQUIRE(second->send("e", record(value)).ok());
    REQUIRE(second->flush(long_enough).ok());
    CHECK(second->figures().adopted == 20);
  }
  CHECK(back.values() == numbers(1, 25));
  CHECK(files_in(directory) == 0);
}

TEST_CASE("flush waits for what is owed, and for ticks only a little") {
  const TemporaryDirectory directory;
  MoodyPublisher publisher;
  SpoolOptions options = quick(directory);
  options.ticks_flush_max = Millis{1};
  const auto spool = open(publisher, options);
  REQUIRE(spool->send("e", record("1")).ok());
  REQUIRE(spool->flush(long_enough).ok());
  publisher.hold();
  REQUIRE(spool->send_tick(record("tick")));
  const auto begin = Steady::now();
  CHECK(spool->flush(long_enough).ok());
  CHECK(Steady::now() - begin < long_enough / 2);
  CHECK(publisher.values() == numbers(1, 1));
  publisher.let_go();
}

TEST_CASE("a living process keeps its spool; it is adopted once it has died") {
  const TemporaryDirectory directory;
  MoodyPublisher away, back;
  away.refuse_next(1'000'000);
  auto first = open(away, quick(directory));
  REQUIRE(first->send("e", record("1")).ok());
  SpoolOptions watchful = quick(directory);
  watchful.adopt_interval = Millis{1};
  const auto second = open(back, watchful);
  REQUIRE(second->send("e", record("2")).ok());
  REQUIRE(second->flush(long_enough).ok());
  CHECK(back.values() == numbers(2, 2));
  first.reset();
  const auto deadline = Steady::now() + long_enough;
  while (back.values().size() < 2 && Steady::now() < deadline) std::this_thread::yield();
  CHECK(back.values() == std::vector<std::string>{"2", "1"});
}

TEST_CASE("a process killed with -9 loses no record that send() took") {
  const TemporaryDirectory directory;
  int said[2];
  REQUIRE(pipe(said) == 0);
  const pid_t child = fork();
  if (child == 0) {
    MoodyPublisher away;
    away.hold();
    const auto spool = Spool::open(away, wall_clock, quick(directory));
    for (std::uint32_t i = 1; spool.ok(); ++i)
      if (!(*spool)->send("e", record(std::to_string(i))) || write(said[1], &i, sizeof(i)) != sizeof(i))
        break;
    _exit(1);
  }
  close(said[1]);
  std::uint32_t taken = 0;
  while (taken < 200) REQUIRE(read(said[0], &taken, sizeof(taken)) == sizeof(taken));
  kill(child, SIGKILL);
  while (read(said[0], &taken, sizeof(taken)) == sizeof(taken)) continue;
  close(said[0]);
  waitpid(child, nullptr, 0);
  MoodyPublisher publisher;
  const auto spool = open(publisher, quick(directory));
  REQUIRE(spool->flush(long_enough).ok());
  const auto found = publisher.values();
  REQUIRE(found.size() >= taken);
  CHECK(found == numbers(1, static_cast<int>(found.size())));
}

TEST_CASE("a full spool says so, and takes records again once the broker has taken some") {
  const TemporaryDirectory directory;
  MoodyPublisher publisher;
  publisher.refuse_next(1'000'000);
  SpoolOptions options = quick(directory);
  options.disk_bytes_max = 8'000;
  const auto spool = open(publisher, options);
  int taken = 0;
  Status last = Done{};
  while (taken < 1000 && (last = spool->send("e", record(std::to_string(taken + 1)))).ok()) ++taken;
  REQUIRE_FALSE(last.ok());
  CHECK(last.error().kind == ErrorKind::transient);
  CHECK(last.error().message.find("is full") != std::string::npos);
  CHECK(taken > 50);
  CHECK(spool->figures().refused == 1);
  CHECK(spool->figures().disk_bytes <= options.disk_bytes_max);
  publisher.refuse_next(0);
  REQUIRE(spool->flush(long_enough).ok());
  CHECK(spool->send("e", record("again")).ok());
  CHECK_FALSE(spool->send("e", record(std::string(2'000'000, 'x'))).ok());
}

TEST_CASE("records beyond the memory bound are read from the disk again, in order") {
  const TemporaryDirectory directory;
  MoodyPublisher publisher;
  publisher.refuse_next(100);
  SpoolOptions options = quick(directory);
  options.memory_bytes_max = 500;
  options.segment_bytes = 1'000;
  options.in_flight_max = 7;
  const auto spool = open(publisher, options);
  for (const auto& value : numbers(1, 200)) REQUIRE(spool->send("e", record(value)).ok());
  REQUIRE(spool->flush(long_enough).ok());
  CHECK(publisher.values() == numbers(1, 200));
}

TEST_CASE("ticks are dropped oldest first and counted, and never keep a lifecycle record waiting") {
  const TemporaryDirectory directory;
  MoodyPublisher publisher;
  publisher.hold();
  SpoolOptions options = quick(directory);
  options.ticks_max = 3;
  options.ticks_in_flight_max = 1;
  const auto spool = open(publisher, options);
  CHECK(spool->send_tick(record("tick 0")));
  const auto deadline = Steady::now() + long_enough;
  while (publisher.held() < 1 && Steady::now() < deadline) std::this_thread::yield();
  for (int i = 1; i <= 9; ++i) CHECK(spool->send_tick(record(fmt::format("tick {}", i))));
  REQUIRE(spool->send("e", record("event")).ok());
  while (publisher.held() < 2 && Steady::now() < deadline) std::this_thread::yield();
  CHECK(spool->figures().ticks_dropped == 6);
  publisher.let_go();
  REQUIRE(spool->flush(long_enough).ok());
  while (publisher.values().size() < 5 && Steady::now() < deadline) std::this_thread::yield();
  CHECK(publisher.values() == std::vector<std::string>{"tick 0", "event", "tick 7", "tick 8", "tick 9"});
}

TEST_CASE("an acknowledgement may come after the spool is gone, and is not forgotten") {
  const TemporaryDirectory directory;
  MoodyPublisher publisher;
  publisher.hold();
  {
    const auto spool = open(publisher, quick(directory));
    REQUIRE(spool->send("e", record("1")).ok());
    const auto deadline = Steady::now() + long_enough;
    while (publisher.held() < 1 && Steady::now() < deadline) std::this_thread::yield();
  }
  publisher.let_go();
  CHECK(files_in(directory) == 0);
}

TEST_CASE("many threads share one spool, each with its own order") {
  const TemporaryDirectory directory;
  MoodyPublisher publisher;
  publisher.fail_next(20);
  const auto spool = open(publisher, quick(directory));
  std::vector<std::thread> threads;
  for (char name = 'a'; name < 'e'; ++name)
    threads.emplace_back([&spool, name] {
      for (int i = 0; i < 100; ++i) (void)spool->send("e", record(fmt::format("{}{:03}", name, i)));
    });
  for (auto& thread : threads) thread.join();
  REQUIRE(spool->flush(long_enough).ok());
  auto values = publisher.values();
  CHECK(values.size() == 400);
  std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a[0] < b[0]; });
  CHECK(std::is_sorted(values.begin(), values.end()));
}

TEST_CASE("a migration over a spool tells its story, also by the next process, with the same ids") {
  const TemporaryDirectory directory;
  Identity identity;
  identity.task_id = "t-1";
  identity.vm_name = "web01";
  identity.provider = "vsphere";
  identity.host = "mover3";
  identity.worker_id = "0199c3d2";
  const Announcement announcement{.stages = {{"export", 1.0}}, .disks = {}, .bytes_total = 1};
  stream::MemoryLog log{1};
  {
    MoodyPublisher away;
    away.hold();
    const auto spool = open(away, quick(directory));
    Migration migration{*spool, wall_clock, identity};
    CHECK(migration.started(announcement).ok());
    CHECK(migration.stage_started("export", 0, 1, std::nullopt).ok());
  }
  const auto spool = open(log, quick(directory));
  identity.attempt = 2;
  Migration migration{*spool, wall_clock, identity};
  CHECK(migration.started(announcement).ok());
  CHECK(migration.completed({}).ok());
  REQUIRE(migration.flush().ok());
  CHECK(test::story(log) ==
        std::vector<std::string>{"task.started", "stage.started export", "task.started", "task.completed"});
}

TEST_CASE("a directory that cannot be used is named") {
  MoodyPublisher publisher;
  SpoolOptions options;
  options.directory = "/proc/no/such";
  const auto spool = Spool::open(publisher, wall_clock, options);
  REQUIRE_FALSE(spool.ok());
  CHECK(spool.error().kind == ErrorKind::invalid);
  CHECK(spool.error().message.find("/proc/no/such") != std::string::npos);
}

}  // namespace
