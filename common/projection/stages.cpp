// The stages of an attempt, as task_life.h tells of them.
#include <algorithm>
#include <array>

#include "common/projection/task_life.h"

namespace godwit::projection {
namespace {

using event::Type;

constexpr double unfinished_max = 99.9;  // 100 is said of completed tasks alone
constexpr std::array<std::string_view, 3> default_stages{"export", "conversion", "upload"};

}  // namespace

std::optional<double> told_ratio(const event::Data& data) {
  if (data.percentage) return std::clamp(*data.percentage / 100, 0.0, 1.0);
  if (data.bytes_done && data.bytes_total && *data.bytes_total > 0)
    return std::min(1.0, static_cast<double>(*data.bytes_done) / static_cast<double>(*data.bytes_total));
  return std::nullopt;
}

void fold_stage_tick(StageShare& stage, const event::Data& tick) {
  if (tick.iteration.value_or(0) != 0) return;
  raise(stage.ratio, told_ratio(tick));
  if (!stage.bytes_final) raise(stage.bytes_done, tick.bytes_done);
  raise(stage.bytes_total, tick.bytes_total);
}

void fold_stage_end(StageShare& stage, const event::Event& end) {
  if (end.type != Type::stage_failed) stage.ratio = 1.0;
  if (!end.data.bytes_done) return;
  stage.bytes_done = end.data.bytes_done;
  stage.bytes_final = true;
}

Plan plan_of(const event::Event& start) {
  Plan plan = start.data.stages;
  for (event::StagePlan& planned : plan) planned.other.clear();
  return plan;
}

std::vector<Share> shares_of(const Plan& plan) {
  std::vector<Share> out;
  for (const event::StagePlan& planned : plan) out.push_back({planned.stage, planned.weight.value_or(1), 0});
  if (plan.empty())
    for (const std::string_view name : default_stages) out.push_back({name, 1, 0});
  return out;
}

std::optional<double> percentage(const TaskLife& life, const std::vector<Share>& shares) {
  if (life.phase == Phase::completed) return 100.0;
  if (!life.began_at) return std::nullopt;  // the weights are not known yet
  double done = 0;
  double whole = 0;
  for (const Share& share : shares) {
    done += share.weight * share.done;
    whole += share.weight;
  }
  return whole > 0 ? std::min(unfinished_max, 100 * done / whole) : 0;
}

std::string_view status_name(const TaskLife& life, std::string_view current_stage) {
  if (life.phase != Phase::running) return to_string(life.phase);
  if (current_stage == "export") return "exporting";
  if (current_stage == "conversion") return "converting";
  if (current_stage == "upload") return "uploading";
  return "running";
}

std::string cut_text(const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace godwit::projection
