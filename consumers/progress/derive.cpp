// What a view derives from a Task: percentage, time left, names.
#include <algorithm>

#include "consumers/progress/projection.h"

namespace godwit::progress {
namespace {

using projection::Phase;

std::vector<projection::Share> shares(const Task& task) {
  return projection::shares_of(task.plan, task.stages);
}

double weight_of(const Task& task, std::string_view name) {
  for (const event::StagePlan& planned : task.plan)
    if (planned.stage == name) return planned.weight.value_or(1);
  return task.plan.empty() ? 1 : 0;
}

}  // namespace

const Stage* find_stage(const Task& task, std::string_view name) {
  const auto found = task.stages.find(std::string{name});
  return found == task.stages.end() ? nullptr : &found->second;
}

std::optional<double> percentage(const Task& task) { return projection::percentage(task.life, shares(task)); }

std::optional<double> stage_eta_seconds(const Stage& stage) {
  if (stage.status != StageStatus::running || !stage.ratio || stage.rate.ratio_per_second.value_or(0) <= 0)
    return std::nullopt;
  return (1 - *stage.ratio) / *stage.rate.ratio_per_second;
}

std::optional<double> stage_bytes_per_second(const Stage& stage) {
  return stage.status == StageStatus::running ? stage.rate.bytes_per_second : std::nullopt;
}

std::optional<double> eta_seconds(const Task& task) {
  if (task.life.phase != Phase::running) return std::nullopt;
  const Stage* stage = find_stage(task, task.current_stage);
  const auto stage_eta = stage != nullptr ? stage_eta_seconds(*stage) : std::nullopt;
  const double weight = weight_of(task, task.current_stage);
  if (!stage_eta || weight <= 0) return std::nullopt;
  // The stages to come are taken to run as fast for their weight as this one does.
  double later = 0;
  for (const projection::Share& share : shares(task)) later += share.weight * (1 - share.done);
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
