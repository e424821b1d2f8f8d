#include "consumers/dashboard/projection.h"

#include <algorithm>
#include <utility>

#include "consumers/dashboard/notes.h"

namespace godwit::dashboard {
namespace {

using event::Event;
using event::Type;

constexpr std::array<std::string_view, 3> counted_stages{"export", "conversion", "upload"};

projection::StageShare* stage_of(Task& task, const std::string& name) {
  if (task.stages.size() == Task::stages_max && !task.stages.contains(name)) return nullptr;
  return &task.stages[name];
}

void fold_tick(Task& task, const Event& event) {
  if (event.type != Type::stage_progress) return;
  if (auto* stage = stage_of(task, *event.data.stage)) projection::fold_stage_tick(*stage, event.data);
}

void fold_stage_start(Task& task, const Event& event) {
  task.current_stage = *event.data.stage;
  task.stage_index = event.data.stage_index;
  if (!task.total_stages) task.total_stages = event.data.total_stages;
  if (auto* stage = stage_of(task, task.current_stage))
    projection::raise(stage->bytes_total, event.data.bytes_total);
}

// Names come from lifecycle events, which have one order; a tick's serve only until the first of them.
void identify(Task& task, const Event& event) {
  const bool tick = projection::is_tick(event.type);
  if (tick && task.identified) return;
  if (!tick) task.identified = true;
  if (event.data.vm_name) task.vm_name = *event.data.vm_name;
  if (event.data.provider) task.provider = *event.data.provider;
  if (event.data.plan_id) task.plan_id = *event.data.plan_id;
}

void fold_lifecycle(Task& task, const Event& event, bool sets_plan) {
  if (event.data.error) task.error = projection::cut_text(event.data.error->message, Task::error_bytes_max);
  switch (event.type) {
    case Type::task_started:
      if (sets_plan) task.plan = projection::plan_of(event);
      if (event.data.total_stages) task.total_stages = event.data.total_stages;
      break;
    case Type::stage_started:
      fold_stage_start(task, event);
      break;
    case Type::stage_completed:
    case Type::stage_skipped:
    case Type::stage_failed:
      if (auto* stage = stage_of(task, *event.data.stage)) projection::fold_stage_end(*stage, event);
      break;
    case Type::task_completed:
    case Type::task_failed:
    case Type::task_cancelled:
      task.duration_ms = event.data.duration_ms;
      break;
    default:
      break;
  }
}

void forget_attempt(Task& task) {
  Task fresh;
  fresh.life = std::move(task.life);
  fresh.bytes_by_attempt = std::move(task.bytes_by_attempt);
  task = std::move(fresh);
}

// What the event tells of bytes, per counted stage.
StageBytes told_bytes(const Event& event, bool ended) {
  StageBytes told{};
  const bool stage_end = event.type == Type::stage_completed || event.type == Type::stage_failed;
  for (std::size_t i = 0; i < counted_stages.size(); ++i)
    if (stage_end && *event.data.stage == counted_stages[i]) told[i] = event.data.bytes_done.value_or(0);
  if (ended) {
    told = {event.data.bytes_exported.value_or(0), event.data.bytes_converted.value_or(0),
            event.data.bytes_uploaded.value_or(0)};
  }
  return told;
}

// A stage and the end of its task tell of the same bytes: each figure of an attempt counts as far as it
// grows.
std::int64_t added_bytes(Task& task, const Event& event, bool ended) {
  const StageBytes told = told_bytes(event, ended);
  if (told == StageBytes{}) return 0;
  StageBytes& known = task.bytes_by_attempt[*event.data.attempt];
  std::int64_t added = 0;
  for (std::size_t i = 0; i < told.size(); ++i) {
    added += std::max<std::int64_t>(0, told[i] - known[i]);
    known[i] = std::max(known[i], told[i]);
  }
  if (task.bytes_by_attempt.size() > Task::byte_attempts_max)
    task.bytes_by_attempt.erase(task.bytes_by_attempt.begin());
  return added;
}

// Also of an attempt that is over: a tick of a later one may have been read first, and must not change the
// sums.
void count(Task& task, const Event& event, const projection::Change& change, Dashboard::Outputs& out) {
  if (change.verdict == projection::Verdict::duplicate || projection::is_tick(event.type)) return;
  Counters add;
  add.started = change.began ? 1 : 0;
  add.bytes = added_bytes(task, event, change.ended);
  if (change.ended) {
    add.succeeded = event.type == Type::task_completed ? 1 : 0;
    add.failed = event.type == Type::task_failed ? 1 : 0;
    add.cancelled = event.type == Type::task_cancelled ? 1 : 0;
    if (add.succeeded == 1) add.succeeded_ms = event.data.duration_ms.value_or(0);
  }
  if (add == Counters{}) return;
  out.addition = Addition{event.data.provider.value_or(""), event.time, add};
}

}  // namespace

std::string Dashboard::key(const Event& event) const {
  if (projection::is_task_event(event.type)) return event.subject;
  if (plan_news(event)) return "plan/" + event.subject;
  return note_of(event) ? "note/" + event.subject : std::string{};
}

void Dashboard::step(Task& task, const Event& event, Outputs& out) const {
  if (!projection::is_task_event(event.type)) {
    out.plan = plan_news(event);
    out.note = note_of(event);
    return;
  }
  const projection::Change change = projection::fold_life(task.life, event);
  if (change.verdict == projection::Verdict::ignored) return;
  // A failure is told of once in an attempt, whatever is sent again.
  const bool told =
      change.verdict == projection::Verdict::duplicate || (event.type == Type::task_failed && !change.ended);
  if (!told) out.note = note_of(event);
  if (change.new_attempt) forget_attempt(task);
  count(task, event, change, out);
  if (!change.current()) return;
  identify(task, event);
  if (projection::is_tick(event.type)) {
    fold_tick(task, event);
  } else {
    fold_lifecycle(task, event, change.sets_plan);
  }
}

}  // namespace godwit::dashboard
