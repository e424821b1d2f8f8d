#include "consumers/progress/projection.h"

#include <utility>

#include "consumers/progress/parts.h"
#include "consumers/progress/rates.h"

namespace godwit::progress {
namespace {

using event::Event;
using event::Type;

Stage* stage_of(Task& task, const std::string& name) {
  if (task.stages.size() == Task::stages_max && !task.stages.contains(name)) return nullptr;
  return &task.stages[name];
}

std::string bounded(const std::string& text) { return projection::cut_text(text, Task::text_bytes_max); }

void fold_stage_tick(Task& task, const Event& event) {
  Stage* stage = stage_of(task, *event.data.stage);
  if (stage == nullptr) return;
  const auto ratio = projection::told_ratio(event.data);
  projection::fold_stage_tick(*stage, event.data);
  follow(stage->rate, event, ratio);
  if (event.data.iteration.value_or(0) > 0)
    fold_round_tick(task, event);
  else
    stage->samples.take({.at = event.time, .ratio = ratio.value_or(0), .bytes = event.data.bytes_done});
}

void fold_stage_start(Task& task, const Event& event) {
  task.current_stage = *event.data.stage;
  task.current_index = event.data.stage_index;
  if (!task.total_stages) task.total_stages = event.data.total_stages;
  Stage* stage = stage_of(task, *event.data.stage);
  if (stage == nullptr) return;
  stage->status = StageStatus::running;
  if (!stage->started_at) stage->started_at = event.time;
  if (!stage->index) stage->index = event.data.stage_index;
  projection::raise(stage->bytes_total, event.data.bytes_total);
  if (event.data.message) stage->message = bounded(*event.data.message);
}

void fold_stage_end(Task& task, const Event& event, StageStatus status) {
  Stage* stage = stage_of(task, *event.data.stage);
  if (stage == nullptr || stage->status == StageStatus::completed) return;
  stage->status = status;
  stage->ended_at = event.time;
  projection::fold_stage_end(*stage, event);
  if (event.data.message) stage->message = bounded(*event.data.message);
}

void remember_error(Task& task, const Event& event) {
  if (!event.data.error) return;
  task.error = event.data.error;
  task.error->other.clear();  // a state holds only what its store keeps
  task.error->message = bounded(task.error->message);
  if (task.error->stderr_tail) task.error->stderr_tail = bounded(*task.error->stderr_tail);
}

// Names come from lifecycle events, which have one order; a tick's serve only until the first of them.
void identify(Task& task, const Event& event) {
  const bool tick = projection::is_tick(event.type);
  if (tick && task.identified) return;
  if (!tick && !task.identified) {
    // What ticks may have said must not outlive them, or the outcome would depend on the interleaving of
    // topics.
    task.user.clear();
    task.plan_id.clear();
    task.plan_name.clear();
    task.mode.clear();
    task.host.clear();
    task.identified = true;
  }
  const auto take = [](std::string& to, const event::Data::Text& from) {
    if (from) to = *from;
  };
  take(task.vm_name, event.data.vm_name);
  take(task.provider, event.data.provider);
  take(task.user, event.data.user);
  take(task.plan_id, event.data.plan_id);
  take(task.plan_name, event.data.plan_name);
  take(task.mode, event.data.mode);
  take(task.host, event.data.host);
  if (tick) return;
  if (const std::string* metadata = event::find_other(event.data, "metadata");
      metadata != nullptr && metadata->size() <= Task::text_bytes_max)
    task.metadata_json = *metadata;
}

void forget_attempt(Task& task) {
  projection::TaskLife life = std::move(task.life);
  task = Task{};
  task.life = std::move(life);
}

void fold_lifecycle(Task& task, const Event& event, bool sets_plan) {
  switch (event.type) {
    case Type::task_started:
      if (sets_plan) task.plan = projection::plan_of(event);
      if (event.data.total_stages) task.total_stages = event.data.total_stages;
      break;
    case Type::stage_started:
      fold_stage_start(task, event);
      break;
    case Type::stage_completed:
      fold_stage_end(task, event, StageStatus::completed);
      break;
    case Type::stage_skipped:
      fold_stage_end(task, event, StageStatus::skipped);
      break;
    case Type::stage_failed:
      fold_stage_end(task, event, StageStatus::failed);
      remember_error(task, event);
      break;
    case Type::task_failed:
    case Type::error_raised:
      remember_error(task, event);
      break;
    case Type::warning_raised:
      if (task.warnings.size() == Task::warnings_max) task.warnings.erase(task.warnings.begin());
      task.warnings.push_back(bounded(*event.data.message));
      break;
    case Type::disk_started:
    case Type::disk_completed:
    case Type::disk_failed:
      fold_disk(task, event);
      break;
    case Type::precopy_started:
    case Type::precopy_completed:
    case Type::precopy_failed:
      fold_round(task, event);
      break;
    case Type::cutover_started:
    case Type::cutover_completed:
    case Type::downtime_started:
    case Type::downtime_ended:
      fold_downtime(task, event);
      break;
    default:
      break;
  }
}

// Lifecycle events of an attempt have one order, so the list is the same however topics interleave.
void note_transition(Task& task, const Event& event) {
  const std::string_view status = status_name(task);
  if (!task.transitions.empty() && task.transitions.back().status == status) return;
  if (task.transitions.size() < Task::transitions_max)
    task.transitions.push_back({std::string{status}, event.time});
}

// An end that will not be seen in the state any more: whoever watches is owed it all the same.
bool may_go_on(const Task& task, const Event& event) {
  return projection::is_terminal(task.life.phase) && !task.life.removed &&
         (event.type == Type::retry_scheduled || event.data.attempt.value_or(0) > task.life.attempt);
}

}  // namespace

std::string Progress::key(const Event& event) const {
  if (is_plan_event(event.type)) return std::string{plan_prefix} + event.subject;
  return projection::is_task_event(event.type) ? event.subject : std::string{};
}

void Progress::step(Task& task, const Event& event, Outputs& out) const {
  if (is_plan_event(event.type)) {
    if (!task.batch) task.batch = Batch{};
    return fold_batch(*task.batch, event);
  }
  if (task.life.attempt > 0 && event.time - task.life.updated_at > keep) task = Task{};
  std::optional<Task> before;
  if (may_go_on(task, event)) before = task;
  const projection::Change change = projection::fold_life(task.life, event);
  if (change.new_attempt) forget_attempt(task);
  if (before && !projection::is_terminal(task.life.phase)) out.overtaken = std::move(before);
  if (!change.current()) return;
  identify(task, event);
  if (event.type == Type::stage_progress) {
    fold_stage_tick(task, event);
  } else if (event.type == Type::disk_progress) {
    fold_disk_tick(task, event);
  } else {
    fold_lifecycle(task, event, change.sets_plan);
    if (!projection::is_tick(event.type)) note_transition(task, event);
  }
}

}  // namespace godwit::progress
