// Two topics have no common order: any interleaving of one task's records must end the same.
#include <doctest/doctest.h>

#include <random>

#include "consumers/progress/projection.h"
#include "story.h"

using namespace godwit;
using event::Type;
using test::fold;
using test::Story;

namespace {

constexpr std::uint64_t seeds = 200;
constexpr int orders_per_seed = 4;

struct Logs {
  std::vector<event::Event> lifecycle, progress;
};

std::int64_t pick(std::mt19937_64& random, std::int64_t min, std::int64_t max) {
  return std::uniform_int_distribution<std::int64_t>{min, max}(random);
}

void add_stages(Story& vm, std::mt19937_64& random, std::int64_t& at, Logs& logs) {
  for (const char* name : {"export", "conversion", "upload"}) {
    logs.lifecycle.push_back(vm.stage(Type::stage_started, at++, name));
    for (std::int64_t ticks = pick(random, 0, 4); ticks > 0; --ticks) {
      auto tick = vm.tick(at++, name, static_cast<double>(pick(random, 0, 100)));
      if (pick(random, 0, 1) == 1) {
        tick.data.percentage.reset();
        tick.data.bytes_total = 1000;
        tick.data.bytes_done = pick(random, 0, 1000);
      }
      tick.data.iteration = pick(random, 0, 1);
      logs.progress.push_back(tick);
    }
    const auto outcome = pick(random, 0, 9);
    if (outcome == 0) return;
    auto end = vm.stage(outcome == 1 ? Type::stage_failed : Type::stage_completed, at++, name);
    if (outcome > 4) end.data.bytes_done = pick(random, 0, 1000);
    logs.lifecycle.push_back(end);
  }
}

void add_end(Story& vm, std::mt19937_64& random, std::int64_t& at, Logs& logs) {
  switch (pick(random, 0, 4)) {
    case 0:
      break;
    case 1:
      logs.lifecycle.push_back(vm.failed(at++));
      break;
    case 2:
      logs.lifecycle.push_back(vm.cancelled(at++));
      break;
    default: {
      auto end = vm.completed(at++, pick(random, 1, 600));
      end.data.bytes_exported = pick(random, 0, 2000);
      logs.lifecycle.push_back(end);
      if (pick(random, 0, 3) == 0) logs.lifecycle.push_back(vm.failed(at++));  // a second end
    }
  }
}

// Attempts with stages, ticks and ends, some resent, some ticks out of order.
Logs random_logs(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  Story vm{"t"};
  Logs logs;
  std::int64_t at = 0;
  const auto attempts = pick(random, 1, 3);
  for (vm.attempt = 1; vm.attempt <= attempts; ++vm.attempt) {
    if (pick(random, 0, 9) > 0) logs.lifecycle.push_back(vm.started(at++));
    add_stages(vm, random, at, logs);
    add_end(vm, random, at, logs);
  }
  for (int resent = 0; resent < 3; ++resent) {
    const auto again =
        logs.lifecycle[static_cast<std::size_t>(pick(random, 0, std::ssize(logs.lifecycle) - 1))];
    logs.lifecycle.push_back(again);
  }
  std::shuffle(logs.progress.begin(), logs.progress.end(), random);
  return logs;
}

std::vector<event::Event> interleave(const Logs& logs, std::mt19937_64& random) {
  std::vector<event::Event> out;
  auto lifecycle = logs.lifecycle.begin();
  auto progress = logs.progress.begin();
  while (lifecycle != logs.lifecycle.end() || progress != logs.progress.end()) {
    const bool take_lifecycle =
        progress == logs.progress.end() || (lifecycle != logs.lifecycle.end() && pick(random, 0, 1) == 1);
    out.push_back(take_lifecycle ? *lifecycle++ : *progress++);
  }
  return out;
}

progress::Task fold_progress(const std::vector<event::Event>& events) {
  progress::Task task;
  progress::Progress::Outputs out;
  for (const auto& event : events) progress::Progress{}.step(task, event, out);
  return task;
}

}  // namespace

TEST_CASE("any interleaving of lifecycle and progress gives the same row and the same counters") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    const Logs logs = random_logs(seed);
    std::vector<event::Event> lifecycle_first = logs.lifecycle;
    lifecycle_first.insert(lifecycle_first.end(), logs.progress.begin(), logs.progress.end());
    const auto expected = fold(lifecycle_first);
    std::mt19937_64 random{seed};
    for (int order = 0; order < orders_per_seed; ++order) REQUIRE(fold(interleave(logs, random)) == expected);
  }
}

TEST_CASE("counters without any tick are the same: a rebuild after ticks expired counts alike") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    const Logs logs = random_logs(seed);
    std::mt19937_64 random{seed};
    REQUIRE(fold(logs.lifecycle).counters == fold(interleave(logs, random)).counters);
  }
}

TEST_CASE("within an attempt the percentage never falls, whatever the order") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    const Logs logs = random_logs(seed);
    std::mt19937_64 random{seed};
    dashboard::Task task;
    std::int64_t attempt = 0;
    double highest = 0;
    for (const auto& event : interleave(logs, random)) {
      dashboard::Dashboard::Outputs out;
      dashboard::Dashboard{}.step(task, event, out);
      if (task.life.attempt != attempt) highest = 0;
      attempt = task.life.attempt;
      const double now = dashboard::percentage(task).value_or(0);
      REQUIRE(now >= highest);
      REQUIRE((now == 100) == (task.life.phase == projection::Phase::completed));
      highest = now;
    }
  }
}

TEST_CASE("the dashboard tells the percentage and the status that the progress view tells") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    const Logs logs = random_logs(seed);
    std::mt19937_64 random{seed};
    const auto events = interleave(logs, random);
    const dashboard::Task ours = fold(events).task;
    const progress::Task theirs = fold_progress(events);
    REQUIRE(dashboard::percentage(ours) == progress::percentage(theirs));
    REQUIRE(dashboard::status_name(ours) == progress::status_name(theirs));
  }
}
