// What a view derives from a Task: percentage, time left, names.
#include <algorithm>
#include <array>

#include "consumers/progress/projection.h"

namespace godwit::progress {
namespace {

using projection::Phase;

constexpr double unfinished_max = 99.9;  // 100 is said of completed tasks alone
constexpr std::array<std::string_view, 3> default_stages{"export", "conversion", "upload"};

struct Share {
  double weight;
  double done;  // 0..1
};

std::vector<Share> shares(const Task& task) {
  std::vector<Share> out;
  const auto done = [&](std::string_view name) {
    const Stage* stage = find_stage(task, name);
    return stage != nullptr ? stage->ratio.value_or(0) : 0;
  };
  for (const event::StagePlan& planned : task.plan)
    out.push_back({planned.weight.value_or(1), done(planned.stage)});
  if (task.plan.empty())
    for (const std::string_view name : default_stages) out.push_back({1, done(name)});
  return out;
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

std::optional<double> percentage(const Task& task) {
  if (task.life.phase == Phase::completed) return 100.0;
  if (!task.life.began_at) return std::nullopt;  // the weights are not known yet
  double sum = 0;
  double total = 0;
  for (const Share& share : shares(task)) {
    sum += share.weight * share.done;
    total += share.weight;
  }
  return total > 0 ? std::min(unfinished_max, 100 * sum / total) : 0;
}

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
  for (const Share& share : shares(task)) later += share.weight * (1 - share.done);
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
  if (task.life.phase != Phase::running) return projection::to_string(task.life.phase);
  if (task.current_stage == "export") return "exporting";
  if (task.current_stage == "conversion") return "converting";
  if (task.current_stage == "upload") return "uploading";
  return "running";
}

}  // namespace godwit::progress
