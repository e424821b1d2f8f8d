#include "consumers/progress/parts.h"

#include <algorithm>

#include "consumers/progress/rates.h"

namespace godwit::progress {
namespace {

using event::Event;
using event::Type;

DiskProgress* disk_of(Task& task, const Event& event) {
  const std::int64_t index = *event.data.disk_index;
  if (!task.disks.contains(index) && task.disks.size() == Task::disks_max) return nullptr;
  return &task.disks[index];
}

WarmRound* round_of(Task& task, std::int64_t iteration) {
  if (!task.rounds.contains(iteration) && task.rounds.size() == Task::rounds_max) return nullptr;
  return &task.rounds[iteration];
}

// The first of several that say it.
void set_once(std::optional<Timestamp>& to, Timestamp at) {
  if (!to) to = at;
}

}  // namespace

void fold_disk_tick(Task& task, const Event& tick) {
  DiskProgress* disk = disk_of(task, tick);
  if (disk == nullptr) return;
  const auto ratio = projection::told_ratio(tick.data);
  projection::raise(disk->ratio, ratio);
  projection::raise(disk->bytes_done, tick.data.bytes_done);
  projection::raise(disk->bytes_total, tick.data.bytes_total);
  follow(disk->rate, tick, ratio);
}

void fold_disk(Task& task, const Event& event) {
  DiskProgress* disk = disk_of(task, event);
  if (disk == nullptr) return;
  if (event.type == Type::disk_started) {
    if (disk->status == StageStatus::pending) disk->status = StageStatus::running;
    set_once(disk->started_at, event.time);
    return;
  }
  if (disk->status == StageStatus::completed) return;
  const bool done = event.type == Type::disk_completed;
  disk->status = done ? StageStatus::completed : StageStatus::failed;
  disk->ended_at = event.time;
  if (done) disk->ratio = 1.0;
  projection::raise(disk->bytes_done, event.data.bytes_done);
}

void fold_round_tick(Task& task, const Event& tick) {
  WarmRound* round = round_of(task, *tick.data.iteration);
  if (round == nullptr) return;
  projection::raise(round->ratio, projection::told_ratio(tick.data));
  projection::raise(round->bytes_done, tick.data.bytes_done);
  projection::raise(round->bytes_total, tick.data.bytes_total);
}

void fold_round(Task& task, const Event& event) {
  WarmRound* round = round_of(task, *event.data.iteration);
  if (round == nullptr) return;
  if (event.data.delta_bytes) round->delta_bytes = event.data.delta_bytes;
  if (event.data.dirty_bytes_per_second) round->dirty_bytes_per_second = event.data.dirty_bytes_per_second;
  if (event.type == Type::precopy_started) {
    if (round->status != StageStatus::completed) round->status = StageStatus::running;
    set_once(round->started_at, event.time);
    return;
  }
  round->status = event.type == Type::precopy_completed ? StageStatus::completed : StageStatus::failed;
  round->ended_at = event.time;
  if (event.type == Type::precopy_completed) round->ratio = 1.0;
}

void fold_downtime(Task& task, const Event& event) {
  Downtime& down = task.downtime;
  if (event.type == Type::cutover_started) set_once(down.cutover_started_at, event.time);
  if (event.type == Type::cutover_completed) down.cutover_ended_at = event.time;
  if (event.type == Type::downtime_started) set_once(down.started_at, event.time);
  if (event.type == Type::downtime_ended) down.ended_at = event.time;
  if (event.data.downtime_ms) down.told_ms = event.data.downtime_ms;
  if (event.data.final_delta_bytes) down.final_delta_bytes = event.data.final_delta_bytes;
}

bool is_plan_event(Type type) {
  return type == Type::plan_created || type == Type::plan_started || type == Type::plan_completed ||
         type == Type::plan_failed || type == Type::plan_cancelled;
}

// Every change can be made again with the same outcome, so a resent event needs no remembering.
void fold_batch(Batch& batch, const Event& event) {
  using projection::Phase;
  batch.updated_at = std::max(batch.updated_at, event.time);
  if (event.data.plan_name) batch.name = projection::cut_text(*event.data.plan_name, Task::text_bytes_max);
  if (event.data.vm_count) batch.vm_count = event.data.vm_count;
  if (event.data.max_parallel) batch.max_parallel = event.data.max_parallel;
  const auto end = [&](Phase phase) {
    if (projection::is_terminal(batch.phase)) return;
    batch.phase = phase;
    batch.ended_at = event.time;
  };
  if (event.type == Type::plan_created) set_once(batch.created_at, event.time);
  if (event.type == Type::plan_started) {
    set_once(batch.started_at, event.time);
    if (batch.phase == Phase::pending) batch.phase = Phase::running;
  }
  if (event.type == Type::plan_completed) end(Phase::completed);
  if (event.type == Type::plan_failed) end(Phase::failed);
  if (event.type == Type::plan_cancelled) end(Phase::cancelled);
}

}  // namespace godwit::progress
