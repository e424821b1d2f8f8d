#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "producers/cpp/delivery.h"
#include "producers/worker/file.h"
#include "producers/worker/plan/file.h"
#include "producers/worker/plan/run.h"
#include "tests/unit/producer/log_reading.h"

namespace {

using namespace godwit;
using namespace godwit::worker;
using namespace std::chrono_literals;

std::string why_not(const std::string& yaml) {
  const auto plan = parse_plan(yaml, "/plans");
  return plan ? "" : plan.error().message;
}

TEST_CASE("a plan's VMs take from the defaults what they do not say") {
  const auto plan = parse_plan(
      "plan: wave-1\n"
      "name: First wave\n"
      "attempts: 5\n"
      "retry_delay: 7\n"
      "defaults: {target: 'file:/images', format: raw, provider: vsphere}\n"
      "vms:\n"
      "  - name: web 1\n"
      "    disks: [a.vmdk, {source: /b.raw, format: raw}]\n"
      "  - {name: db, disks: [c.raw], target: 'http://h/', warm: true, rounds: 9, rate_limit: 1048576}\n",
      "/plans");
  REQUIRE(plan.ok());
  CHECK(plan->id == "wave-1");
  CHECK(plan->attempts_max == 5);
  CHECK(plan->retry_delay == 7s);
  REQUIRE(plan->vms.size() == 2);
  const Request& web = plan->vms[0].request;
  CHECK(web.disks[0].source == "/plans/a.vmdk");
  CHECK(web.disks[1].source == "/b.raw");
  CHECK(web.disks[1].format == "raw");
  CHECK(web.target == "file:/images");
  CHECK(web.provider == "vsphere");
  CHECK(web.task_id == "wave-1.web_1");
  CHECK(web.plan_id == "wave-1");
  const Request& db = plan->vms[1].request;
  CHECK(db.target == "http://h/");
  CHECK(db.warm);
  CHECK(db.rounds == 9);
  CHECK(db.rate_limit == 1048576);
  CHECK(plan->vms[1].line == 9);
}

TEST_CASE("what is wrong with a plan is said with its line") {
  const std::string start = "plan: p\ndefaults: {target: 'file:/t'}\nvms:\n";
  CHECK(why_not("- a\n") == "line 1: a plan must be a map");
  CHECK(why_not("vms: [{name: a, disks: [d], target: x}]\n").find("a plan needs its id") !=
        std::string::npos);
  CHECK(why_not("plan: p\n") == "line 1: a plan needs vms: a list of 1 to 10000");
  CHECK(why_not("plan: p\nvms: []\n") == "line 2: a plan needs vms: a list of 1 to 10000");
  CHECK(why_not("plan: p\nspeed: 9\nvms: [{name: a}]\n") == "line 2: a plan has no 'speed'");
  CHECK(why_not(start + "- {disks: [d]}\n") == "line 4: a VM needs its name");
  CHECK(why_not(start + "- name: a\n") == "line 4: a VM needs its disks");
  CHECK(why_not(start + "- {name: a, disks: []}\n") == "line 4: disks must be a list of 1 to 256");
  CHECK(why_not(start + "- name: a\n  disks: [d]\n  rounds: many\n") ==
        "line 6: rounds must be a whole number from 0 to 1000");
  CHECK(why_not(start + "- name: a\n  disks: [d]\n  warm: yes\n") == "line 6: warm must be true or false");
  CHECK(why_not(start + "- name: a\n  disks: [{format: raw}]\n") == "line 5: a disk needs its source");
  CHECK(why_not(start + "- name: a\n  disks: [{source: d, size: 9}]\n") ==
        "line 5: a disk has no 'size'; it has source and format");
  CHECK(why_not(start + "- {name: a, disks: [d]}\n- {name: a, disks: [e]}\n") ==
        "line 5: the VM a is in line 4 already");
  CHECK(why_not("plan: p\nvms: [{name: a, disks: [d]}]\n") ==
        "line 2: a VM needs its target, or defaults one");
  CHECK(why_not("plan: [\n").starts_with("line 2: "));
}

TEST_CASE("a journal tells what is finished and how many attempts there were") {
  const auto records =
      fold_journal(journal_line(JournalWord::started, "a", 1) + journal_line(JournalWord::failed, "a", 1) +
                   journal_line(JournalWord::started, "a", 2) + journal_line(JournalWord::started, "b", 1) +
                   journal_line(JournalWord::completed, "b", 1) + "started c 1");
  REQUIRE(records.ok());
  CHECK(records->size() == 2);
  CHECK(records->at("a").attempts == 2);
  CHECK_FALSE(records->at("a").is_completed);
  CHECK(records->at("b").is_completed);
  CHECK(fold_journal("hello\n").error().message == "line 1: no line of a plan's journal");
}

TEST_CASE("a task is tried so often and no more, ever later") {
  Schedule schedule{1, {.attempts_max = 3, .retry_delay = 1s}};
  const Schedule::Time start{1h};
  CHECK(schedule.take(start) == 0);
  CHECK_FALSE(schedule.take(start).has_value());
  CHECK(schedule.failed(0, start) == 1s);
  CHECK_FALSE(schedule.take(start + 999ms).has_value());
  CHECK(schedule.next_due() == start + 1s);
  CHECK(schedule.take(start + 1s) == 0);
  CHECK(schedule.failed(0, start) == 2s);
  CHECK(schedule.take(start + 2s) == 0);
  CHECK_FALSE(schedule.failed(0, start).has_value());
  CHECK(schedule.is_over());
  CHECK(schedule.failures() == 1);
}

TEST_CASE("tasks run in the plan's order, retries that are due first, finished ones never") {
  Schedule schedule{4, {.attempts_max = 2, .retry_delay = 0s}};
  const Schedule::Time now{1h};
  schedule.skip(1);
  CHECK(schedule.take(now) == 0);
  CHECK(schedule.take(now) == 2);
  CHECK(schedule.failed(2, now) == 0s);
  CHECK(schedule.take(now) == 2);
  CHECK(schedule.take(now) == 3);
  CHECK_FALSE(schedule.next_due().has_value());
  for (const std::size_t task : {0U, 2U, 3U}) schedule.succeeded(task);
  CHECK(schedule.is_over());
  CHECK(schedule.done() == 4);
}

TEST_CASE("a terminal's frame is never wider than it and counts what it has no room for") {
  const auto lines =
      frame({"one", "two is too long", "three"}, "sum", {.is_terminal = true, .columns = 8, .rows_max = 2});
  CHECK(lines == std::vector<std::string>{"one", "two is ", "... and", "sum"});
}

// A plan whose attempts do as the test says, without any disk.
struct Bench {
  Workspace folder = Workspace::create(std::filesystem::temp_directory_path().string()).value();
  stream::MemoryLog log{1};
  FakeClock clock{parse_rfc3339("2026-11-21T12:00:00Z").value()};
  std::FILE* out = std::tmpfile();
  std::mutex mutex;
  std::vector<std::string> ran;
  std::function<Outcome(const std::string& name_and_attempt)> play = [](const std::string&) {
    return Outcome{};
  };

  ~Bench() { std::fclose(out); }

  // A Delivery for many threads: the log acknowledges at once, so a mutex is enough.
  class Shared final : public producer::Outbox {
   public:
    explicit Shared(stream::Publisher& publisher) : inner_(publisher) {}
    Status send(const std::string& name, stream::OutRecord record) override {
      const std::lock_guard lock{mutex_};
      return inner_.send(name, std::move(record));
    }
    bool send_tick(stream::OutRecord record) override {
      const std::lock_guard lock{mutex_};
      return inner_.send_tick(std::move(record));
    }
    Status flush(Millis timeout) override { return inner_.flush(timeout); }

   private:
    std::mutex mutex_;
    producer::Delivery inner_;
  };

  Outcome::End run(const std::vector<std::string>& names, const std::stop_source& stop = {},
                   std::int64_t attempts = 3) {
    std::vector<Settings> tasks;
    for (const std::string& name : names) {
      Settings settings;
      settings.identity = {.task_id = "p." + name,
                           .vm_name = name,
                           .provider = "disk",
                           .host = "h",
                           .worker_id = "w",
                           .attempt = 1,
                           .user = {},
                           .plan_id = "p",
                           .mode = {},
                           .source = {},
                           .target = {}};
      tasks.push_back(settings);
    }
    Shared outbox{log};
    PlanDisplay display{out, clock, tasks.size(), {}};
    const auto journal = Journal::open(folder.path("journal"));
    REQUIRE(journal.ok());
    PlanRunOptions options;
    options.identity = {.plan_id = "p",
                        .plan_name = "",
                        .host = "h",
                        .worker_id = "w",
                        .user = {},
                        .vm_count = static_cast<std::int64_t>(names.size()),
                        .max_parallel = 2};
    options.limits = {.attempts_max = attempts, .retry_delay = Millis{1}};
    options.parallel = 2;
    const auto attempt = [this](const Settings& settings, producer::Migration& migration, Observer&, Control&,
                                const std::stop_token&) {
      const std::string what = fmt::format("{} {}", settings.identity.vm_name, settings.identity.attempt);
      const std::lock_guard lock{mutex};
      ran.push_back(what);
      Outcome outcome = play(what);
      go_on(migration.started({}));
      if (outcome.end == Outcome::End::failed)
        go_on(migration.failed(*outcome.failure, Millis{1}));
      else
        go_on(migration.completed({}));
      return Result<Outcome>{outcome};
    };
    PlanRun plan{tasks, options, {outbox, clock, **journal, display, attempt}};
    return plan.run(stop.get_token());
  }
  std::vector<std::string> story_of(const std::string& subject) const {
    std::vector<std::string> out_lines;
    for (const auto& event : test::events_on(log, event::Topic::lifecycle))
      if (event.subject == subject)
        out_lines.push_back(
            fmt::format("{} {}", event::info(event.type).name, event.data.attempt.value_or(0)));
    return out_lines;
  }
};

Outcome failed(bool retryable) {
  Outcome outcome;
  outcome.end = Outcome::End::failed;
  outcome.failure = make_failure("tool_killed", "tool", "killed", "nbdcopy", retryable);
  return outcome;
}

using Story = std::vector<std::string>;

TEST_CASE("a plan tells its start, what waits, and its end") {
  Bench bench;
  CHECK(bench.run({"a", "b", "c"}) == Outcome::End::completed);
  CHECK(bench.story_of("p") == Story{"plan.created 0", "plan.started 0", "plan.completed 0"});
  CHECK(bench.story_of("p.b") == Story{"task.queued 1", "task.started 1", "task.completed 1"});
}

TEST_CASE("a failed task is tried again as the next attempt of the same task") {
  Bench bench;
  bench.play = [](const std::string& what) { return what == "a 1" ? failed(true) : Outcome{}; };
  CHECK(bench.run({"a"}) == Outcome::End::completed);
  CHECK(bench.story_of("p.a") == Story{"task.queued 1", "task.started 1", "task.failed 1",
                                       "retry.scheduled 1", "task.started 2", "task.completed 2"});
}

TEST_CASE("what cannot help is not tried again, and the plan has failed") {
  Bench bench;
  bench.play = [](const std::string& what) { return what == "a 1" ? failed(false) : Outcome{}; };
  CHECK(bench.run({"a", "b"}) == Outcome::End::failed);
  CHECK(bench.story_of("p.a") == Story{"task.queued 1", "task.started 1", "task.failed 1"});
  CHECK(bench.story_of("p").back() == "plan.failed 0");
}

TEST_CASE("a second run repeats nothing that is finished and counts attempts on") {
  Bench bench;
  bench.play = [](const std::string& what) { return what == "b 1" ? failed(false) : Outcome{}; };
  CHECK(bench.run({"a", "b"}) == Outcome::End::failed);
  bench.ran.clear();
  CHECK(bench.run({"a", "b"}) == Outcome::End::completed);
  CHECK(bench.ran == Story{"b 2"});
}

TEST_CASE("a plan stopped before it begins starts nothing") {
  Bench bench;
  std::stop_source stop;
  stop.request_stop();
  CHECK(bench.run({"a"}, stop) == Outcome::End::cancelled);
  CHECK(bench.ran.empty());
  CHECK(bench.story_of("p").back() == "plan.cancelled 0");
}

TEST_CASE("two workers never run one plan") {
  Bench bench;
  const auto first = Journal::open(bench.folder.path("journal"));
  REQUIRE(first.ok());
  const auto second = Journal::open(bench.folder.path("journal"));
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().message.find("another worker") != std::string::npos);
}

}  // namespace
