// Metrics held against random histories and against a second, simpler way to count.
#include "consumers/metrics/projection.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "consumers/metrics/series.h"
#include "consumers/metrics/tables.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::metrics_view {
namespace {

using event::Event;
using event::Type;
using test::Events;
using test::History;
using test::Teller;

constexpr std::uint64_t histories = 500;
constexpr int orders = 6;

// Everything a history adds, summed as a store would.
struct Sums {
  std::map<Series, std::uint64_t> counters;
  std::map<Series, std::multiset<std::int64_t>> observed;

  bool operator==(const Sums&) const = default;

  std::uint64_t of(std::string_view metric) const {
    std::uint64_t out = 0;
    for (const auto& [series, value] : counters)
      if (series.metric == metric) out += value;
    return out;
  }
};

struct Folded {
  Task task;
  Sums sums;

  bool operator==(const Folded&) const = default;
};

void take(Folded& folded, const Event& event) {
  if (Metrics{}.key(event).empty()) return;
  Metrics::Outputs out;
  Metrics{}.step(folded.task, event, out);
  for (const Increment& increment : out.increments) folded.sums.counters[increment.series] += increment.by;
  for (const Observation& observation : out.observations)
    folded.sums.observed[observation.series].insert(observation.value);
}

Folded fold(const Events& events) {
  Folded out;
  for (const Event& event : events) take(out, event);
  return out;
}

std::string to_text(const Folded& folded) {
  std::string out;
  for (const auto& [series, value] : folded.sums.counters)
    out += fmt::format("{}{{{}}} {}\n", series.metric, fmt::join(series.labels, ","), value);
  return out + store_json(folded.task);
}

void check_same(const Events& one, const Events& other) {
  const Folded a = fold(one);
  const Folded b = fold(other);
  if (a == b) return;
  FAIL_CHECK("one order:\n", test::to_text(one), to_text(a), "\nanother:\n", test::to_text(other),
             to_text(b));
}

bool ends(Type type) {
  return type == Type::task_completed || type == Type::task_failed || type == Type::task_cancelled;
}

TEST_CASE("every order in which topics may be read adds the same to every series") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    const Events first = teller.interleave(history);
    for (int order = 0; order < orders; ++order) check_same(first, teller.interleave(history));
  }
}

TEST_CASE("events told twice, also the whole spool hours later, count once") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    check_same(teller.interleave(history), teller.interleave(without_duplicates(history)));
  }
}

TEST_CASE("ticks feed no counter") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    History without_ticks = history;
    without_ticks.progress.clear();
    check_same(teller.interleave(history), teller.interleave(without_ticks));
  }
}

// What must have been counted, from the whole history at once instead of event by event.
struct Expected {
  std::set<std::int64_t> started, finished;
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> bytes;  // by attempt and stage

  explicit Expected(const Events& events) {
    for (const Event& event : events) {
      const std::int64_t attempt = *event.data.attempt;
      if (ends(event.type) || event.type == Type::task_started) started.insert(attempt);
      if ((event.type == Type::stage_completed || event.type == Type::stage_failed) && event.data.bytes_done)
        raise(attempt, *event.data.stage, *event.data.bytes_done);
      // Only the first end of an attempt speaks.
      if (!ends(event.type) || !finished.insert(attempt).second) continue;
      if (event.data.bytes_exported) raise(attempt, "export", *event.data.bytes_exported);
      if (event.data.bytes_uploaded) raise(attempt, "upload", *event.data.bytes_uploaded);
    }
  }
  void raise(std::int64_t attempt, const std::string& stage, std::int64_t told) {
    std::int64_t& most = bytes[{attempt, stage}];
    most = std::max(most, told);
  }
  std::uint64_t bytes_sum() const {
    std::int64_t out = 0;
    for (const auto& [key, most] : bytes) out += most;
    return static_cast<std::uint64_t>(out);
  }
};

TEST_CASE("starts, ends and bytes count once per attempt, and an end without a start is a start too") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const Events events = teller.interleave(teller.tell());
    const Expected expected{events};
    const Sums sums = fold(events).sums;
    CHECK(sums.of(started) == expected.started.size());
    CHECK(sums.of(finished) == expected.finished.size());
    CHECK(sums.of(bytes) == expected.bytes_sum());
  }
}

TEST_CASE("a state written as JSON after any event reads back as it was") {
  for (std::uint64_t seed = 1; seed <= histories / 5; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    Folded folded;
    for (const Event& event : teller.interleave(teller.tell())) {
      take(folded, event);
      REQUIRE(read_store_json(store_json(folded.task)) == folded.task);
    }
  }
}

TEST_CASE("a second end of an attempt counts nowhere") {
  Teller teller{1};
  Folded folded = fold({teller.make(Type::task_started, 1), teller.make(Type::task_completed, 1)});
  const Sums before = folded.sums;
  Event failed = teller.make(Type::task_failed, 1);
  failed.data.error = test::failure("x", "too late");
  failed.data.bytes_exported = 7;
  take(folded, failed);
  CHECK(folded.sums == before);
}

TEST_CASE("a stage that fails and with it its task are one error") {
  Teller teller{1};
  Event stage = teller.make(Type::stage_failed, 1);
  stage.data.stage = "export";
  stage.data.error = test::failure("x", "broken pipe");
  Event task = teller.make(Type::task_failed, 1);
  task.data.error = stage.data.error;
  CHECK(fold({stage, task}).sums.of(errors) == 1);
}

TEST_CASE("a mode told by the start counts, though the task was queued without one") {
  Teller teller{1};
  Event start = teller.make(Type::task_started, 1);
  start.data.mode = "warm";
  const Sums sums = fold({teller.make(Type::task_queued, 1), start}).sums;
  CHECK(sums.counters.at({started, {"vsphere", "warm", ""}}) == 1);
}

TEST_CASE("each new attempt is a start of its own") {
  Teller teller{1};
  const Sums sums = fold({teller.make(Type::task_started, 1), teller.make(Type::task_cancelled, 1),
                          teller.make(Type::task_started, 2), teller.make(Type::task_completed, 2)})
                        .sums;
  CHECK(sums.of(started) == 2);
  CHECK(sums.counters.at({finished, {"vsphere", "unknown", "completed"}}) == 1);
  CHECK(sums.counters.at({finished, {"vsphere", "unknown", "cancelled"}}) == 1);
}

}  // namespace
}  // namespace godwit::metrics_view
