// Schedule: which task of a plan is next, and when a failed one is tried again. Pure: time comes from the
// caller.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/clock.h"

namespace godwit::worker {

struct ScheduleLimits {
  std::int64_t attempts_max = 3;  // of one task
  Millis retry_delay{5'000};      // before the second; doubled before each further one
  Millis retry_delay_max{600'000};
};

// Not thread-safe. Tasks are named by their place in the plan.
class Schedule {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Schedule(std::size_t tasks, ScheduleLimits limits) : tasks_(tasks), limits_(limits) {}

  // The task was completed before.
  void skip(std::size_t task) { tasks_[task].state = State::done; }

  // The next to run now, which then runs: retries that are due first, then in the plan's order.
  std::optional<std::size_t> take(Time now);
  void succeeded(std::size_t task) { tasks_[task].state = State::done; }
  // For good: nothing follows.
  void gave_up(std::size_t task);
  // How long until it is tried again; nullopt when it is not, having had its attempts.
  std::optional<Millis> failed(std::size_t task, Time now);

  // When take() will have something, if nothing that runs ends before; nullopt when it will not.
  std::optional<Time> next_due() const;
  bool is_over() const;
  std::int64_t attempts(std::size_t task) const { return tasks_[task].attempts; }
  std::size_t failures() const { return failures_; }
  std::size_t done() const;

 private:
  enum class State { waiting, running, done, failed };
  struct Task {
    State state = State::waiting;
    std::int64_t attempts = 0;
    Time due{};  // the beginning of time: at once
  };

  std::vector<Task> tasks_;
  ScheduleLimits limits_;
  std::size_t failures_ = 0;
};

}  // namespace godwit::worker
