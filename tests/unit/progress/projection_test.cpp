// Progress held against random histories: no order, repetition or lateness may show in what a task ends as.
#include "consumers/progress/projection.h"

#include <doctest/doctest.h>

#include "consumers/progress/state_json.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::progress {
namespace {

using event::Event;
using event::Type;
using test::Events;
using test::History;
using test::Teller;

constexpr std::uint64_t histories = 500;
constexpr int orders = 6;

Task fold(const Events& events) {
  Task task;
  Progress::Outputs none;
  for (const Event& event : events)
    if (!Progress{}.key(event).empty()) Progress{}.step(task, event, none);
  return task;
}

void check_same(const Events& one, const Events& other) {
  const Task a = fold(one);
  const Task b = fold(other);
  if (a == b) return;
  FAIL_CHECK("one order:\n", test::to_text(one), store_json(a), "\nanother:\n", test::to_text(other),
             store_json(b));
}

TEST_CASE("every order in which lifecycle and ticks may be read gives the same task") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    const Events first = teller.interleave(history);
    for (int order = 0; order < orders; ++order) check_same(first, teller.interleave(history));
  }
}

TEST_CASE("events told twice, also the whole spool hours later, change nothing") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    check_same(teller.interleave(history), teller.interleave(without_duplicates(history)));
  }
}

TEST_CASE("within an attempt the percentage never falls, and is 100 only when completed") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const Events events = teller.interleave(teller.tell());
    CAPTURE(test::to_text(events));
    Task task;
    Progress::Outputs none;
    for (const Event& event : events) {
      if (Progress{}.key(event).empty()) continue;
      const auto before = percentage(task);
      const std::int64_t attempt = task.life.attempt;
      Progress{}.step(task, event, none);
      const auto after = percentage(task);
      CAPTURE(event.id);
      if (before && task.life.attempt == attempt) REQUIRE(after.value_or(-1) >= *before);
      REQUIRE((after.value_or(0) == 100) == (task.life.phase == projection::Phase::completed));
      REQUIRE(after.value_or(0) >= 0);
      REQUIRE(after.value_or(0) <= 100);
    }
  }
}

TEST_CASE("a task written as JSON after any event reads back as it was") {
  for (std::uint64_t seed = 1; seed <= histories / 5; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    Task task;
    Progress::Outputs none;
    for (const Event& event : teller.interleave(teller.tell())) {
      if (Progress{}.key(event).empty()) continue;
      Progress{}.step(task, event, none);
      const std::string stored = store_json(task);
      if (read_store_json(stored) == task) continue;
      FAIL(stored, "\nread back as\n", store_json(read_store_json(stored)));
    }
  }
}

// One task as its worker tells it, step by step.
struct Told {
  Teller teller{1};
  Task task{};

  Event stage(Type type, const char* name) {
    Event out = teller.make(type, 1);
    out.data.stage = name;
    out.data.stage_index = 0;
    out.data.total_stages = 3;
    return out;
  }
  Event tick(const char* name, double percentage) {
    Event out = stage(Type::stage_progress, name);
    out.data.percentage = percentage;
    return out;
  }
  void take(const Event& event) {
    Progress::Outputs none;
    Progress{}.step(task, event, none);
  }
  void start() { take(teller.make(Type::task_started, 1)); }
};

TEST_CASE("a tick before its start makes a placeholder without a percentage") {
  Told told;
  told.take(told.tick("export", 40));
  CHECK(percentage(told.task) == std::nullopt);
  CHECK(status_name(told.task) == "pending");
  told.start();
  CHECK(percentage(told.task).value() == doctest::Approx(40.0 / 3));
}

TEST_CASE("a queued task whose plan is still unknown has no percentage that the plan could lower") {
  Told told;
  told.take(told.teller.make(Type::task_queued, 1));
  told.take(told.tick("export", 90));
  CHECK(percentage(told.task) == std::nullopt);
}

TEST_CASE("a second start does not change the weights of an attempt under way") {
  Told told;
  told.start();
  told.take(told.tick("export", 90));
  Event again = told.teller.make(Type::task_started, 1);
  again.data.stages = {{"export", 1, {}}, {"upload", 9, {}}};
  told.take(again);
  CHECK(percentage(told.task).value() == doctest::Approx(30));
}

TEST_CASE("a late tick raises its stage's bytes and moves nothing else of a task that has ended") {
  Told told;
  told.start();
  told.take(told.stage(Type::stage_started, "export"));
  Event failed = told.teller.make(Type::task_failed, 1);
  failed.data.error = test::failure("disk_full", "no space left");
  told.take(failed);
  Event late = told.tick("export", 50);
  late.data.bytes_done = 500;
  told.take(late);
  CHECK(told.task.life.phase == projection::Phase::failed);
  CHECK(told.task.stages.at("export").bytes_done == 500);
  CHECK(percentage(told.task).value() == doctest::Approx(50.0 / 3));
  CHECK(eta_seconds(told.task) == std::nullopt);
  late.data.bytes_done = 400;
  late.data.percentage = 40;
  told.take(late);
  CHECK(told.task.stages.at("export").bytes_done == 500);
}

TEST_CASE("the bytes a stage ends with are final, whatever its ticks say") {
  Told told;
  told.start();
  Event done = told.stage(Type::stage_completed, "export");
  done.data.bytes_done = 100;
  told.take(done);
  Event late = told.tick("export", 99);
  late.data.bytes_done = 120;
  told.take(late);
  CHECK(told.task.stages.at("export").bytes_done == 100);
  CHECK(told.task.stages.at("export").ratio == 1.0);
}

TEST_CASE("rate and time left follow the event times of ticks") {
  Told told;
  told.start();
  told.take(told.stage(Type::stage_started, "export"));
  Event tick = told.tick("export", 0);
  tick.data.bytes_done = 0;
  told.take(tick);
  for (int second = 1; second <= 10; ++second) {
    tick.time += Millis{1000};
    tick.data.bytes_done = 100 * second;
    tick.data.percentage = 5.0 * second;
    told.take(tick);
  }
  CHECK(stage_bytes_per_second(told.task.stages.at("export")).value() == doctest::Approx(100));
  CHECK(stage_eta_seconds(told.task.stages.at("export")).value() == doctest::Approx(10));
  CHECK(eta_seconds(told.task).value() == doctest::Approx(50));  // two more stages of 20 s
}

TEST_CASE("a stage counts as the worker says, else as configured, else like the others") {
  Told told;
  Event start = told.teller.make(Type::task_started, 1);
  start.data.stages = {{"export", {}, {}}, {"upload", 6, {}}};
  told.take(start);
  told.take(told.tick("export", 50));
  CHECK(percentage(told.task).value() == doctest::Approx(50.0 / 7));
  CHECK(percentage(told.task, {{"export", 2}, {"upload", 100}}).value() == doctest::Approx(100.0 / 8));
}

TEST_CASE("each change of the status is kept with its time, and a repeated one once") {
  Told told;
  told.start();
  told.take(told.stage(Type::stage_started, "export"));
  told.take(told.tick("export", 10));
  told.take(told.teller.make(Type::task_paused, 1));
  told.take(told.teller.make(Type::task_paused, 1));
  told.take(told.teller.make(Type::task_resumed, 1));
  std::string all;
  for (const Transition& each : told.task.transitions) all += each.status + " ";
  CHECK(all == "running exporting paused exporting ");
}

TEST_CASE("rounds of a warm migration have bars of their own, and its downtime is told") {
  Told told;
  told.start();
  told.take(told.tick("export", 100));
  Event round = told.teller.make(Type::precopy_started, 1);
  round.data.iteration = 1;
  told.take(round);
  Event tick = told.tick("export", 30);
  tick.data.iteration = 1;
  told.take(tick);
  CHECK(told.task.stages.at("export").ratio == 1.0);
  CHECK(told.task.rounds.at(1).ratio == 0.3);
  Event down = told.teller.make(Type::downtime_started, 1);
  told.take(down);
  Event up = told.teller.make(Type::downtime_ended, 1);
  up.time = down.time + Millis{1500};
  told.take(up);
  CHECK(downtime_ms(told.task.downtime) == 1500);
}

TEST_CASE("a failed task that goes on is handed out as it had failed") {
  Told told;
  told.start();
  Event failed = told.teller.make(Type::task_failed, 1);
  failed.data.error = test::failure("x", "broken");
  told.take(failed);
  Progress::Outputs out;
  Progress{}.step(told.task, told.teller.make(Type::task_started, 2), out);
  REQUIRE(out.overtaken);
  CHECK(status_name(*out.overtaken) == "failed");
  CHECK(status_name(told.task) == "running");
  Progress::Outputs none;
  Progress{}.step(told.task, told.teller.make(Type::task_paused, 2), none);
  CHECK(!none.overtaken);
}

TEST_CASE("samples of a stage are spread over its whole time and bounded") {
  Samples samples;
  const Timestamp begin = from_unix_ms(1'000'000);
  for (int second = 0; second < 10'000; ++second)
    samples.take({.at = begin + Millis{1000 * second}, .ratio = second / 10'000.0, .bytes = {}});
  CHECK(samples.all.size() <= Samples::count_max);
  CHECK(samples.all.size() >= Samples::count_max / 2);
  CHECK(samples.all.front().at == begin);
  CHECK(samples.all.back().at > begin + Millis{9'000'000});
}

TEST_CASE("text that is cut to its bound stays readable text") {
  Told told;
  told.start();
  Event warning = told.teller.make(Type::warning_raised, 1);
  warning.data.message = "x";
  for (int i = 0; i < 3000; ++i) *warning.data.message += "é";
  told.take(warning);
  CHECK(told.task.warnings.at(0).size() <= Task::text_bytes_max);
  CHECK(read_store_json(store_json(told.task)) == told.task);
}

TEST_CASE("only the newest warnings are kept, and no more stages and disks than the bounds say") {
  Told told;
  told.start();
  for (int i = 0; i < 300; ++i) {
    Event warning = told.teller.make(Type::warning_raised, 1);
    warning.data.message = std::to_string(i);
    told.take(warning);
    told.take(told.tick(("stage-" + std::to_string(i)).c_str(), 1));
    Event disk = told.tick("export", 1);
    disk.type = Type::disk_progress;
    disk.data.disk_index = i;
    told.take(disk);
  }
  CHECK(told.task.warnings.size() == Task::warnings_max);
  CHECK(told.task.warnings.back() == "299");
  CHECK(told.task.stages.size() == Task::stages_max);
  CHECK(told.task.disks.size() == Task::disks_max);
}

}  // namespace
}  // namespace godwit::progress
