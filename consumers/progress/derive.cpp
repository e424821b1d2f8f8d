// What a view derives from a Task: percentage, time left, names.
#include <algorithm>

#include "consumers/progress/projection.h"

namespace godwit::progress {
namespace {

using projection::Phase;

std::vector<projection::Share> shares(const Task& task, const Weights& weights) {
  auto out = projection::shares_of(task.plan, task.stages);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i < task.plan.size() && task.plan[i].weight) continue;  // what the worker says goes first
    if (const auto found = weights.find(out[i].stage); found != weights.end()) out[i].weight = found->second;
  }
  return out;
}

double seconds_between(Timestamp from, Timestamp to) {
  return std::chrono::duration<double>(to - from).count();
}

std::optional<double> left(const std::optional<double>& ratio, const Rate& rate) {
  if (!ratio || rate.ratio_per_second.value_or(0) <= 0) return std::nullopt;
  return (1 - *ratio) / *rate.ratio_per_second;
}

}  // namespace

const Stage* find_stage(const Task& task, std::string_view name) {
  const auto found = task.stages.find(std::string{name});
  return found == task.stages.end() ? nullptr : &found->second;
}

std::optional<double> percentage(const Task& task, const Weights& weights) {
  return projection::percentage(task.life, shares(task, weights));
}

std::optional<double> stage_eta_seconds(const Stage& stage) {
  return stage.status == StageStatus::running ? left(stage.ratio, stage.rate) : std::nullopt;
}

std::optional<double> disk_eta_seconds(const DiskProgress& disk) {
  const bool open = disk.status == StageStatus::running || disk.status == StageStatus::pending;
  return open ? left(disk.ratio, disk.rate) : std::nullopt;
}

std::optional<double> stage_bytes_per_second(const Stage& stage) {
  return stage.status == StageStatus::running ? stage.rate.bytes_per_second : std::nullopt;
}

std::optional<double> stage_average_rate(const Stage& stage) {
  const auto until = stage.ended_at ? stage.ended_at : stage.rate.at;
  if (!stage.started_at || !until || !stage.bytes_done || *until <= *stage.started_at) return std::nullopt;
  return static_cast<double>(*stage.bytes_done) / seconds_between(*stage.started_at, *until);
}

std::optional<std::int64_t> bytes_done(const Task& task) {
  std::optional<std::int64_t> out;
  for (const auto& [name, stage] : task.stages)
    if (stage.bytes_done) out = out.value_or(0) + *stage.bytes_done;
  return out;
}

std::optional<std::int64_t> downtime_ms(const Downtime& downtime) {
  if (downtime.told_ms) return downtime.told_ms;
  if (!downtime.started_at || !downtime.ended_at) return std::nullopt;
  return (*downtime.ended_at - *downtime.started_at).count();
}

std::optional<double> eta_seconds(const Task& task, const Weights& weights) {
  if (task.life.phase != Phase::running) return std::nullopt;
  const Stage* stage = find_stage(task, task.current_stage);
  const auto stage_eta = stage != nullptr ? stage_eta_seconds(*stage) : std::nullopt;
  if (!stage_eta) return std::nullopt;
  // The stages to come are taken to run as fast for their weight as this one does.
  double later = 0;
  double weight = 0;
  for (const projection::Share& share : shares(task, weights)) {
    later += share.weight * (1 - share.done);
    if (share.stage == task.current_stage) weight = share.weight;
  }
  if (weight <= 0) return std::nullopt;
  later -= weight * (1 - *stage->ratio);
  return *stage_eta + std::max(0.0, later) / (weight * *stage->rate.ratio_per_second);
}

std::string_view to_string(StageStatus status) {
  switch (status) {
    case StageStatus::pending:
      return "pending";
    case StageStatus::running:
      return "running";
    case StageStatus::completed:
      return "completed";
    case StageStatus::failed:
      return "failed";
    case StageStatus::skipped:
      return "skipped";
  }
  return "";
}

std::string_view status_name(const Task& task) {
  return projection::status_name(task.life, task.current_stage);
}

}  // namespace godwit::progress
