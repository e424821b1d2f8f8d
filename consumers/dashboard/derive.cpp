// What a view derives from a Task and from Counters.
#include <algorithm>

#include "consumers/dashboard/projection.h"

namespace godwit::dashboard {

using projection::Phase;

Counters& Counters::operator+=(const Counters& other) {
  started += other.started;
  succeeded += other.succeeded;
  failed += other.failed;
  cancelled += other.cancelled;
  succeeded_ms += other.succeeded_ms;
  bytes += other.bytes;
  return *this;
}

std::string_view to_string(List list) {
  switch (list) {
    case List::none:
      return "none";
    case List::pending:
      return "pending";
    case List::active:
      return "active";
    case List::completed:
      return "completed";
    case List::failed:
      return "failed";
    case List::cancelled:
      return "cancelled";
  }
  return "";
}

std::optional<List> list_from(std::string_view text) {
  for (const List list : {List::pending, List::active, List::completed, List::failed, List::cancelled})
    if (to_string(list) == text) return list;
  return std::nullopt;
}

bool is_task_key(std::string_view key) { return key.find('/') == std::string_view::npos; }

List list_of(const Task& task) {
  if (task.life.removed) return List::none;
  switch (task.life.phase) {
    case Phase::pending:
      return List::pending;
    case Phase::running:
    case Phase::paused:
    case Phase::retrying:
      return List::active;
    case Phase::completed:
      return List::completed;
    case Phase::failed:
      return List::failed;
    case Phase::cancelled:
      return List::cancelled;
  }
  return List::none;
}

Timestamp listed_at(const Task& task) {
  if (projection::is_terminal(task.life.phase)) return task.life.ended_at.value_or(Timestamp{});
  return task.life.began_at.value_or(Timestamp{});
}

std::optional<double> percentage(const Task& task) {
  return projection::percentage(task.life, projection::shares_of(task.plan, task.stages));
}

std::optional<Millis> duration(const Task& task) {
  if (task.duration_ms) return Millis{*task.duration_ms};
  if (!task.life.began_at || !task.life.ended_at) return std::nullopt;
  return std::max(Millis{0}, *task.life.ended_at - *task.life.began_at);
}

std::string_view status_name(const Task& task) {
  return projection::status_name(task.life, task.current_stage);
}

std::optional<double> success_rate(const Counters& counters) {
  const std::int64_t ended = counters.succeeded + counters.failed;
  if (ended == 0) return std::nullopt;
  return 100 * static_cast<double>(counters.succeeded) / static_cast<double>(ended);
}

std::optional<double> average_seconds(const Counters& counters) {
  if (counters.succeeded == 0) return std::nullopt;
  return static_cast<double>(counters.succeeded_ms) / 1000 / static_cast<double>(counters.succeeded);
}

}  // namespace godwit::dashboard
