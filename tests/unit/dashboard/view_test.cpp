// The dashboard's answers, over real partition files and its real routes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "rig.h"

using namespace godwit;
using event::Type;
using test::ids;
using test::Rig;
using test::Story;

namespace {

// Tasks <prefix>-0, <prefix>-1, ... that began at `at`, `at` + 1, ...
void begin(Rig& rig, const std::string& prefix, int count, std::int64_t at = 0) {
  for (int i = 0; i < count; ++i) rig.tell({Story{fmt::format("{}-{}", prefix, i)}.started(at + i)}, i % 2);
}

void succeed(Rig& rig, const std::string& prefix, int count, std::int64_t at = 0) {
  for (int i = 0; i < count; ++i)
    rig.tell({Story{fmt::format("{}-{}", prefix, i)}.completed(at + i, 10)}, i % 2);
}

void fail(Rig& rig, const std::string& prefix, int count, std::int64_t at = 0) {
  for (int i = 0; i < count; ++i) rig.tell({Story{fmt::format("{}-{}", prefix, i)}.failed(at + i)}, i % 2);
}

std::string status(const Rig& rig) { return rig.json("/api/v1/status")["status"].GetString(); }

}  // namespace

TEST_CASE("an idle system is healthy, its rate unknown and its lists empty") {
  const Rig rig;
  const auto all = rig.json("/api/v1/dashboard");
  CHECK(all["status"] == "healthy");
  const auto& metrics = all["metrics"];
  for (const char* name : {"total_migrations", "successful_migrations", "failed_migrations",
                           "active_migrations", "total_bytes_processed"})
    CHECK(metrics[name].GetInt64() == 0);
  CHECK(metrics["success_rate"].IsNull());
  CHECK(metrics["avg_migration_time"].IsNull());
  for (const char* name : {"active_tasks", "recent_completions", "recent_failures"}) {
    REQUIRE(all[name].IsArray());
    CHECK(all[name].Empty());
  }
  CHECK(all["provider_stats"].IsObject());
  for (const char* name : {"active", "completions", "failures"}) {
    const auto list = rig.json(fmt::format("/api/v1/{}", name));
    CHECK(list["count"].GetInt64() == 0);
    CHECK(list[std::string{name} == "active" ? "active_tasks" : name].IsArray());
  }
}

TEST_CASE("status tells uptime and time by the clock") {
  Rig rig;
  rig.clock.advance(Millis{1500});
  const auto answer = rig.json("/api/v1/status");
  CHECK(answer["uptime"].GetDouble() == doctest::Approx(1.5));
  CHECK(answer["timestamp"] == "2026-11-21T13:00:01.500Z");
}

TEST_CASE("more than ten active migrations are busy, fewer than 90 % successes degraded, and degraded wins") {
  Rig rig;
  begin(rig, "a", 10);
  CHECK(status(rig) == "healthy");
  begin(rig, "b", 1);
  CHECK(status(rig) == "busy");
  succeed(rig, "s", 9);
  fail(rig, "f", 1);
  CHECK(status(rig) == "busy");  // 90 % exactly
  fail(rig, "g", 1);
  CHECK(status(rig) == "degraded");
}

TEST_CASE("a running migration does not lower the success rate") {
  Rig rig;
  succeed(rig, "s", 3);
  fail(rig, "f", 1);
  begin(rig, "a", 5);
  const auto all = rig.json("/api/v1/dashboard");
  CHECK(all["metrics"]["success_rate"].GetDouble() == doctest::Approx(75));
  CHECK(all["metrics"]["total_migrations"].GetInt64() == 9);
  CHECK(all["metrics"]["active_migrations"].GetInt64() == 5);
  CHECK(all["metrics"]["avg_migration_time"].GetDouble() == doctest::Approx(10));
}

TEST_CASE("the recent ten are the newest ten by end time, from all partitions") {
  Rig rig;
  succeed(rig, "s", 25);
  fail(rig, "f", 12);
  const std::vector<std::string> completions{"s-24", "s-23", "s-22", "s-21", "s-20",
                                             "s-19", "s-18", "s-17", "s-16", "s-15"};
  const auto all = rig.json("/api/v1/dashboard");
  CHECK(ids(all["recent_completions"]) == completions);
  CHECK(ids(all["recent_failures"]).front() == "f-11");
  CHECK(all["recent_failures"].Size() == 10);
  const auto list = rig.json("/api/v1/completions");
  CHECK(ids(list["completions"]) == completions);
  CHECK(list["count"].GetInt64() == 10);
}

TEST_CASE("pages of a list join without a gap or a double, also where ends coincide") {
  Rig rig;
  for (int i = 0; i < 23; ++i) rig.tell({Story{fmt::format("t:{:02}", i)}.completed(i / 5)}, i % 2);
  std::vector<std::string> seen;
  std::string target = "/api/v1/completions?limit=4";
  while (true) {
    const auto page = rig.json(target);
    for (auto& id : ids(page["completions"])) seen.push_back(id);
    if (page["next_cursor"].IsNull()) break;
    target = fmt::format("/api/v1/completions?limit=4&cursor={}", page["next_cursor"].GetString());
  }
  std::vector<std::string> expected;
  for (int i = 22; i >= 0; --i) expected.push_back(fmt::format("t:{:02}", i));
  CHECK(seen == expected);
}

TEST_CASE("an active task tells where it stands") {
  Rig rig;
  Story vm{"t-1"};
  auto tick = vm.tick(3600 - 20, "export", 0);
  tick.data.percentage.reset();
  tick.data.bytes_done = 25;
  tick.data.bytes_total = 100;
  rig.tell({vm.started(3000), vm.stage(Type::stage_started, 3010, "export"), tick});
  const auto list = rig.json("/api/v1/active");
  REQUIRE(list["count"].GetInt64() == 1);
  const auto& task = list["active_tasks"][0];
  CHECK(task["task_id"] == "t-1");
  CHECK(task["vm_name"] == "vm-t-1");
  CHECK(task["provider"] == "vsphere");
  CHECK(task["status"] == "exporting");
  CHECK(task["current_stage"] == "export");
  CHECK(task["start_time"] == "2026-11-21T12:50:00.000Z");
  CHECK(task["updated_time"] == "2026-11-21T12:59:40.000Z");
  CHECK(task["stage_index"].GetInt64() == 0);
  CHECK(task["total_stages"].GetInt64() == 3);
  CHECK(task["percentage"].GetDouble() == doctest::Approx(25.0 / 3));
  CHECK(task["bytes_done"].GetInt64() == 25);
  CHECK(task["stalled"].GetBool() == false);
  rig.clock.advance(std::chrono::minutes{5});
  CHECK(rig.json("/api/v1/active")["active_tasks"][0]["stalled"].GetBool());
}

TEST_CASE("a summary tells its duration in nanoseconds, its end, and the error of a failure") {
  Rig rig;
  Story good{"good"};
  rig.tell({good.started(0), good.completed(90, 90)});
  Story bad{"bad"};
  rig.tell({bad.started(0), bad.failed(2, "disk gone")});
  const auto all = rig.json("/api/v1/dashboard");
  const auto& done = all["recent_completions"][0];
  CHECK(done["duration"].GetInt64() == 90'000'000'000);
  CHECK(done["timestamp"] == "2026-11-21T12:01:30.000Z");
  CHECK(done["status"] == "completed");
  CHECK_FALSE(done.HasMember("error"));
  CHECK(all["recent_failures"][0]["error"] == "disk gone");
  CHECK(all["recent_failures"][0]["duration"].GetInt64() == 2'000'000'000);
}

TEST_CASE("a duration beyond 64 bits of nanoseconds is told as the most they hold") {
  Rig rig;
  Story vm{"old"};
  auto end = vm.completed(1);
  end.data.duration_ms = 9'007'199'254'740'991;
  rig.tell({vm.started(0), end});
  const auto all = rig.json("/api/v1/dashboard");
  CHECK(all["recent_completions"][0]["duration"].GetInt64() == 9'223'372'036'854'000'000);
}

TEST_CASE("each provider has its own figures") {
  Rig rig;
  Story aws{"a"};
  aws.provider = "aws";
  rig.tell({aws.started(0), aws.failed(1)}, 0);
  succeed(rig, "s", 2);
  const auto all = rig.json("/api/v1/dashboard");
  const auto& stats = all["provider_stats"];
  REQUIRE(stats.MemberCount() == 2);
  CHECK(stats["aws"]["total_migrations"].GetInt64() == 1);
  CHECK(stats["aws"]["success_rate"].GetDouble() == 0);
  CHECK(stats["aws"]["avg_duration"].IsNull());
  CHECK(stats["vsphere"]["successful_migrations"].GetInt64() == 2);
  CHECK(stats["vsphere"]["failed_migrations"].GetInt64() == 0);
  CHECK(stats["vsphere"]["avg_duration"].GetDouble() == doctest::Approx(10));
}

TEST_CASE("a task that is tried again leaves the failures and is active") {
  Rig rig;
  Story vm{"t"};
  rig.tell({vm.started(0), vm.failed(1)});
  CHECK(rig.json("/api/v1/failures")["count"].GetInt64() == 1);
  vm.attempt = 2;
  rig.tell({vm.started(5)});
  CHECK(rig.json("/api/v1/failures")["count"].GetInt64() == 0);
  CHECK(rig.json("/api/v1/active")["count"].GetInt64() == 1);
  CHECK(rig.json("/api/v1/dashboard")["metrics"]["failed_migrations"].GetInt64() == 1);
}

TEST_CASE("what was folded is there after a restart, and a resent event still counts once") {
  Rig rig;
  Story vm{"t"};
  const auto start = vm.started(0);
  const auto end = vm.completed(60);
  rig.tell({start, end});
  rig.restart();
  rig.tell({start, end});
  const auto all = rig.json("/api/v1/dashboard");
  CHECK(all["metrics"]["successful_migrations"].GetInt64() == 1);
  CHECK(ids(all["recent_completions"]) == std::vector<std::string>{"t"});
}

TEST_CASE("a wrong parameter is refused by its name") {
  const Rig rig;
  const std::map<std::string, std::string> wrong{{"/api/v1/dashboard?x=1", "x"},
                                                 {"/api/v1/status?limit=1", "limit"},
                                                 {"/api/v1/active?status=failed", "status"},
                                                 {"/api/v1/completions?limit=0", "limit"},
                                                 {"/api/v1/completions?limit=1001", "limit"},
                                                 {"/api/v1/failures?cursor=nonsense", "cursor"},
                                                 {"/api/v1/failures?cursor=12:", "cursor"},
                                                 {"/api/v1/failures?limit=1&limit=2", "limit"}};
  for (const auto& entry : wrong) {
    CAPTURE(entry.first);
    const auto response = rig.get(entry.first);
    CHECK(response.status == 400);
    CHECK(response.content_type == "application/problem+json");
    CHECK(response.body.find("\"parameter\":\"" + entry.second + "\"") != std::string::npos);
  }
}
