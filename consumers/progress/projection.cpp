#include "consumers/progress/projection.h"

#include <algorithm>
#include <cmath>

namespace godwit::progress {
namespace {

using event::Event;
using event::Type;
using projection::Phase;

constexpr double rate_memory_seconds = 10;
constexpr double rate_window_seconds = 0.25;  // ticks closer than this together say nothing about speed

Stage* stage_of(Task& task, const std::string& name) {
  if (task.stages.size() == Task::stages_max && !task.stages.contains(name)) return nullptr;
  return &task.stages[name];
}

// Cut between code points: half of one would be no UTF-8, and the stored state could not be read again.
std::string bounded(const std::string& text) {
  if (text.size() <= Task::text_bytes_max) return text;
  std::size_t end = Task::text_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

template <class T>
void raise(std::optional<T>& to, const std::optional<T>& told) {
  if (told && (!to || *told > *to)) to = told;
}

// The share a tick itself tells; unknown totals tell none.
std::optional<double> ratio_of(const event::Data& data) {
  if (data.percentage) return *data.percentage / 100;
  if (data.bytes_done && data.bytes_total && *data.bytes_total > 0)
    return std::min(1.0, static_cast<double>(*data.bytes_done) / static_cast<double>(*data.bytes_total));
  return std::nullopt;
}

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
  // Only the full copy earns the stage's share; later rounds of a warm migration have bars of their own.
  const bool counts = event.data.iteration.value_or(0) == 0;
  const auto ratio = ratio_of(event.data);
  if (counts) {
    raise(stage->ratio, ratio);
    if (!stage->bytes_final) raise(stage->bytes_done, event.data.bytes_done);
    raise(stage->bytes_total, event.data.bytes_total);
  }
  follow(stage->rate, event, ratio);
}

void fold_disk_tick(Task& task, const Event& event) {
  const std::int64_t index = *event.data.disk_index;
  if (!task.disks.contains(index) && task.disks.size() == Task::disks_max) return;
  DiskProgress& disk = task.disks[index];
  raise(disk.ratio, ratio_of(event.data));
  raise(disk.bytes_done, event.data.bytes_done);
  raise(disk.bytes_total, event.data.bytes_total);
}

void fold_stage_start(Task& task, const Event& event) {
  task.current_stage = *event.data.stage;
  task.current_index = event.data.stage_index;
  if (!task.total_stages) task.total_stages = event.data.total_stages;
  Stage* stage = stage_of(task, *event.data.stage);
  if (stage == nullptr) return;
  stage->status = StageStatus::running;
  if (!stage->started_at) stage->started_at = event.time;
  raise(stage->bytes_total, event.data.bytes_total);
  if (event.data.message) stage->message = bounded(*event.data.message);
}

void fold_stage_end(Task& task, const Event& event, StageStatus status) {
  Stage* stage = stage_of(task, *event.data.stage);
  if (stage == nullptr || stage->status == StageStatus::completed) return;
  stage->status = status;
  stage->ended_at = event.time;
  if (status == StageStatus::completed || status == StageStatus::skipped) stage->ratio = 1.0;
  if (event.data.bytes_done) {
    stage->bytes_done = event.data.bytes_done;
    stage->bytes_final = true;
  }
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

// The first start of an attempt says what it will do; a later one would change weights under way.
void fold_plan(Task& task, const Event& event) {
  task.plan = event.data.stages;
  for (event::StagePlan& planned : task.plan) planned.other.clear();
}

void fold_lifecycle(Task& task, const Event& event, bool first_start) {
  switch (event.type) {
    case Type::task_started:
      if (first_start) fold_plan(task, event);
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
  const bool had_begun = task.life.began_at.has_value();
  const projection::Change change = projection::fold_life(task.life, event);
  if (change.new_attempt) forget_attempt(task);
  if (!change.current()) return;
  identify(task, event);
  if (event.type == Type::stage_progress) {
    fold_stage_tick(task, event);
  } else if (event.type == Type::disk_progress) {
    fold_disk_tick(task, event);
  } else {
    fold_lifecycle(task, event, change.new_attempt || !had_begun);
  }
}

}  // namespace godwit::progress
