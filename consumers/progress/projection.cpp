#include "consumers/progress/projection.h"

#include <algorithm>
#include <cmath>

namespace godwit::progress {
namespace {

using event::Event;
using event::Type;

constexpr double rate_memory_seconds = 10;
constexpr double rate_window_seconds = 0.25;  // ticks closer than this together say nothing about speed

Stage* stage_of(Task& task, const std::string& name) {
  if (task.stages.size() == Task::stages_max && !task.stages.contains(name)) return nullptr;
  return &task.stages[name];
}

std::string bounded(const std::string& text) { return projection::cut_text(text, Task::text_bytes_max); }

double blend(const std::optional<double>& before, double now, double weight) {
  return before ? *before + weight * (now - *before) : now;
}

void follow(Rate& rate, const Event& tick, const std::optional<double>& ratio) {
  if (!rate.at) {
    rate = {.at = tick.time,
            .ratio = ratio.value_or(0),
            .bytes = tick.data.bytes_done,
            .bytes_per_second = {},
            .ratio_per_second = {}};
    return;
  }
  const double seconds = std::chrono::duration<double>(tick.time - *rate.at).count();
  if (seconds < rate_window_seconds) return;
  const double weight = 1 - std::exp(-seconds / rate_memory_seconds);
  if (ratio && *ratio >= rate.ratio)
    rate.ratio_per_second = blend(rate.ratio_per_second, (*ratio - rate.ratio) / seconds, weight);
  if (tick.data.bytes_done && rate.bytes) {
    const double moved = static_cast<double>(*tick.data.bytes_done) - *rate.bytes;
    // A new round begins at zero again: a fall is no speed.
    if (moved >= 0) rate.bytes_per_second = blend(rate.bytes_per_second, moved / seconds, weight);
  }
  rate.at = tick.time;
  if (ratio) rate.ratio = *ratio;
  if (tick.data.bytes_done) rate.bytes = static_cast<double>(*tick.data.bytes_done);
}

void fold_stage_tick(Task& task, const Event& event) {
  Stage* stage = stage_of(task, *event.data.stage);
  if (stage == nullptr) return;
  projection::fold_stage_tick(*stage, event.data);
  follow(stage->rate, event, projection::told_ratio(event.data));
}

void fold_disk_tick(Task& task, const Event& event) {
  const std::int64_t index = *event.data.disk_index;
  if (!task.disks.contains(index) && task.disks.size() == Task::disks_max) return;
  DiskProgress& disk = task.disks[index];
  projection::raise(disk.ratio, projection::told_ratio(event.data));
  projection::raise(disk.bytes_done, event.data.bytes_done);
  projection::raise(disk.bytes_total, event.data.bytes_total);
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
    default:
      break;
  }
}

}  // namespace

std::string Progress::key(const Event& event) const {
  return projection::is_task_event(event.type) ? event.subject : std::string{};
}

void Progress::step(Task& task, const Event& event, Outputs&) const {
  const projection::Change change = projection::fold_life(task.life, event);
  if (change.new_attempt) forget_attempt(task);
  if (!change.current()) return;
  identify(task, event);
  if (event.type == Type::stage_progress) {
    fold_stage_tick(task, event);
  } else if (event.type == Type::disk_progress) {
    fold_disk_tick(task, event);
  } else {
    fold_lifecycle(task, event, change.sets_plan);
  }
}

}  // namespace godwit::progress
