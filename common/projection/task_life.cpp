#include "common/projection/task_life.h"

#include <algorithm>
#include <array>
#include <utility>

namespace godwit::projection {
namespace {

using event::Type;

constexpr std::array<std::pair<Phase, std::string_view>, 7> phase_names{{{Phase::pending, "pending"},
                                                                         {Phase::running, "running"},
                                                                         {Phase::paused, "paused"},
                                                                         {Phase::retrying, "retrying"},
                                                                         {Phase::completed, "completed"},
                                                                         {Phase::failed, "failed"},
                                                                         {Phase::cancelled, "cancelled"}}};

std::optional<Phase> end_of(Type type) {
  switch (type) {
    case Type::task_completed:
      return Phase::completed;
    case Type::task_failed:
      return Phase::failed;
    case Type::task_cancelled:
      return Phase::cancelled;
    default:
      return std::nullopt;
  }
}

// nullptr for an attempt so old that its marks are gone.
AttemptMarks* marks_of(TaskLife& life, std::int64_t attempt) {
  auto at =
      std::lower_bound(life.marks.begin(), life.marks.end(), attempt,
                       [](const AttemptMarks& marks, std::int64_t wanted) { return marks.attempt < wanted; });
  if (at != life.marks.end() && at->attempt == attempt) return &*at;
  if (life.marks.size() < TaskLife::attempts_max)
    return &*life.marks.insert(at, {.attempt = attempt, .began_at = {}});
  if (at == life.marks.begin()) return nullptr;
  const auto index = at - life.marks.begin() - 1;
  life.marks.erase(life.marks.begin());
  return &*life.marks.insert(life.marks.begin() + index, {.attempt = attempt, .began_at = {}});
}

void open_attempt(TaskLife& life, std::int64_t attempt) {
  life.attempt = attempt;
  life.phase = Phase::pending;
  life.began_at.reset();
  life.ended_at.reset();
}

// Marks what the event means for counting, whatever attempt it belongs to.
void mark(TaskLife& life, const event::Event& event, Change& change) {
  AttemptMarks* marks = marks_of(life, *event.data.attempt);
  if (marks == nullptr) return;
  const bool ends = end_of(event.type).has_value();
  if (event.type == Type::task_started || ends) {
    change.began = !std::exchange(marks->began, true);
    if (change.began && event.type == Type::task_started) marks->began_at = event.time;
  }
  if (ends) change.ended = !std::exchange(marks->ended, true);
  change.attempt_began_at = marks->began_at;
}

// The phase after an event of the current attempt that ends nothing.
void move_phase(TaskLife& life, const event::Event& event) {
  const bool open = !is_terminal(life.phase);
  switch (event.type) {
    case Type::task_started:
      if (open) life.phase = Phase::running;
      if (!life.began_at) life.began_at = event.time;
      break;
    case Type::stage_started:
    case Type::task_resumed:
      if (open) life.phase = Phase::running;
      break;
    case Type::task_paused:
      if (open) life.phase = Phase::paused;
      break;
    case Type::retry_scheduled:
      // After a failure this says that the task is not over; a completed or cancelled one stays so.
      if (open || life.phase == Phase::failed) life.phase = Phase::retrying;
      break;
    default:
      break;
  }
}

}  // namespace

std::string_view to_string(Phase phase) {
  for (const auto& [value, name] : phase_names)
    if (value == phase) return name;
  return "";
}

std::optional<Phase> phase_from(std::string_view text) {
  for (const auto& [value, name] : phase_names)
    if (name == text) return value;
  return std::nullopt;
}

bool is_tick(Type type) {
  return type == Type::stage_progress || type == Type::disk_progress || type == Type::task_heartbeat;
}

bool is_task_event(Type type) {
  if (type == Type::unknown) return false;
  const event::TypeInfo& info = event::info(type);
  return info.topic != event::Topic::activity && info.subject == event::SubjectKind::task_id;
}

Change fold_life(TaskLife& life, const event::Event& event) {
  Change change;
  if (!is_task_event(event.type)) return change;
  const bool tick = is_tick(event.type);
  if (!tick && !life.seen.insert(event)) {
    change.verdict = Verdict::duplicate;
    return change;
  }
  life.updated_at = std::max(life.updated_at, event.time);
  const std::int64_t attempt = *event.data.attempt;
  if (attempt > life.attempt) {
    open_attempt(life, attempt);
    change.new_attempt = true;
  }
  if (!tick) mark(life, event, change);
  // Whatever its attempt: a tick of the next one may have been read first.
  if (event.type == Type::task_removed) life.removed = true;
  if (attempt < life.attempt) {
    change.verdict = Verdict::stale;
    return change;
  }
  change.verdict = Verdict::applied;
  if (tick) return change;
  const auto end = end_of(event.type);
  if (!end) {
    change.sets_plan = event.type == Type::task_started && !life.began_at;
    move_phase(life, event);
  } else if (is_terminal(life.phase) || !change.ended) {
    change.verdict = Verdict::conflict;
  } else {
    life.phase = *end;
    life.ended_at = event.time;
  }
  return change;
}

}  // namespace godwit::projection
