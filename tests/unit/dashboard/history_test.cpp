// The dashboard held against random histories: no order, repetition or lateness may show in a row or a
// counter.
#include <doctest/doctest.h>

#include "consumers/dashboard/projection.h"
#include "consumers/dashboard/state_json.h"
#include "consumers/progress/projection.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::dashboard {
namespace {

using event::Event;
using event::Type;
using test::Events;
using test::History;
using test::Teller;

constexpr std::uint64_t histories = 500;
constexpr int orders = 6;

struct Told {
  Task task;
  std::vector<Addition> additions;

  bool operator==(const Told&) const = default;
};

void take(Told& told, const Event& event) {
  if (Dashboard{}.key(event).empty()) return;
  Dashboard::Outputs out;
  Dashboard{}.step(told.task, event, out);
  if (out.addition) told.additions.push_back(*out.addition);
}

Told tell(const Events& events) {
  Told told;
  for (const Event& event : events) take(told, event);
  return told;
}

void check_same(const Events& one, const Events& other) {
  const Told a = tell(one);
  const Told b = tell(other);
  if (a == b) return;
  FAIL_CHECK("one order:\n", test::to_text(one), store_json(a.task), "\nanother:\n", test::to_text(other),
             store_json(b.task));
}

TEST_CASE("every order in which topics may be read gives the same row and the same counters") {
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

TEST_CASE("counters are the same when the ticks have expired") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    History without_ticks = history;
    without_ticks.progress.clear();
    CHECK(tell(teller.interleave(history)).additions == tell(teller.interleave(without_ticks)).additions);
  }
}

TEST_CASE("within an attempt the percentage never falls, and is 100 only on the completed list") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const Events events = teller.interleave(teller.tell());
    CAPTURE(test::to_text(events));
    Told told;
    for (const Event& event : events) {
      const auto before = percentage(told.task);
      const std::int64_t attempt = told.task.life.attempt;
      take(told, event);
      const auto after = percentage(told.task);
      CAPTURE(event.id);
      if (before && told.task.life.attempt == attempt) REQUIRE(after.value_or(-1) >= *before);
      REQUIRE((after.value_or(0) == 100) == (told.task.life.phase == projection::Phase::completed));
      REQUIRE(after.value_or(0) >= 0);
      REQUIRE(after.value_or(0) <= 100);
    }
  }
}

TEST_CASE("a row written as JSON after any event reads back as it was") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    Told told;
    for (const Event& event : teller.interleave(teller.tell())) {
      take(told, event);
      const std::string stored = store_json(told.task);
      if (read_store_json(stored) == told.task) continue;
      FAIL(stored, "\nread back as\n", store_json(read_store_json(stored)));
    }
  }
}

TEST_CASE("after any event the dashboard tells the percentage and the status that the progress view tells") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    Told ours;
    progress::Task theirs;
    progress::Progress::Outputs none;
    for (const Event& event : teller.interleave(teller.tell())) {
      take(ours, event);
      progress::Progress{}.step(theirs, event, none);
      CAPTURE(event.id);
      REQUIRE(percentage(ours.task) == progress::percentage(theirs));
      REQUIRE(status_name(ours.task) == progress::status_name(theirs));
    }
  }
}

TEST_CASE("a queued task whose plan is still unknown has no percentage that the plan could lower") {
  Teller teller{1};
  Event tick = teller.make(Type::stage_progress, 1);
  tick.data.stage = "export";
  tick.data.percentage = 90;
  Event start = teller.make(Type::task_started, 1);
  start.data.stages = {{"export", 1, {}}, {"upload", 9, {}}};
  Told told = tell({teller.make(Type::task_queued, 1), tick});
  CHECK(percentage(told.task) == std::nullopt);
  take(told, start);
  CHECK(percentage(told.task).value() == doctest::Approx(9));
}

TEST_CASE("a second start does not change the weights of an attempt under way") {
  Teller teller{1};
  Event tick = teller.make(Type::stage_progress, 1);
  tick.data.stage = "export";
  tick.data.percentage = 90;
  Event again = teller.make(Type::task_started, 1);
  again.data.stages = {{"export", 1, {}}, {"upload", 9, {}}};
  const Told told = tell({teller.make(Type::task_started, 1), tick, again});
  CHECK(percentage(told.task).value() == doctest::Approx(30));
}

}  // namespace
}  // namespace godwit::dashboard
