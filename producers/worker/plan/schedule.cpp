#include "producers/worker/plan/schedule.h"

#include <algorithm>

namespace godwit::worker {

std::optional<std::size_t> Schedule::take(Time now) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i].state != State::waiting || tasks_[i].due > now) continue;
    if (tasks_[i].attempts > 0) {
      best = i;
      break;
    }
    if (!best) best = i;
  }
  if (!best) return std::nullopt;
  tasks_[*best].state = State::running;
  ++tasks_[*best].attempts;
  return best;
}

void Schedule::gave_up(std::size_t task) {
  tasks_[task].state = State::failed;
  ++failures_;
}

std::optional<Millis> Schedule::failed(std::size_t task, Time now) {
  Task& it = tasks_[task];
  if (it.attempts >= limits_.attempts_max) {
    gave_up(task);
    return std::nullopt;
  }
  Millis delay = limits_.retry_delay;
  for (std::int64_t i = 1; i < it.attempts && delay < limits_.retry_delay_max; ++i) delay *= 2;
  delay = std::min(delay, std::max(limits_.retry_delay, limits_.retry_delay_max));
  it.state = State::waiting;
  it.due = now + delay;
  return delay;
}

std::optional<Schedule::Time> Schedule::next_due() const {
  std::optional<Time> first;
  for (const Task& task : tasks_)
    if (task.state == State::waiting && (!first || task.due < *first)) first = task.due;
  return first;
}

bool Schedule::is_over() const {
  return std::all_of(tasks_.begin(), tasks_.end(), [](const Task& task) {
    return task.state == State::done || task.state == State::failed;
  });
}

std::size_t Schedule::done() const {
  return static_cast<std::size_t>(std::count_if(tasks_.begin(), tasks_.end(),
                                                [](const Task& task) { return task.state == State::done; }));
}

}  // namespace godwit::worker
