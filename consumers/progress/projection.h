// Progress of each task, folded from lifecycle events and ticks: what stage it is in, how far, how fast, and
// how it ended.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/event.h"
#include "common/projection/projection.h"
#include "common/projection/task_life.h"

namespace godwit::progress {

enum class StageStatus { pending, running, completed, failed, skipped };

// Speed as told by ticks, by event time: exponentially weighted, so that it follows changes within about
// `rate_memory`.
struct Rate {
  std::optional<Timestamp> at;  // of the last tick that counted
  double ratio = 0;             // share done at that tick, 0..1
  std::optional<double> bytes;
  std::optional<double> bytes_per_second;
  std::optional<double> ratio_per_second;

  bool operator==(const Rate&) const = default;
};

// One stage of the current attempt.
struct Stage : projection::StageShare {
  StageStatus status = StageStatus::pending;
  std::optional<Timestamp> started_at, ended_at;
  std::optional<std::int64_t> index;  // among the attempt's stages, as its start said
  Rate rate;
  std::optional<std::string> message;

  bool operator==(const Stage&) const = default;
};

struct DiskProgress {
  std::optional<double> ratio;
  std::optional<std::int64_t> bytes_done, bytes_total;

  bool operator==(const DiskProgress&) const = default;
};

struct Task {
  static constexpr std::size_t warnings_max = 100;  // the newest are kept
  static constexpr std::size_t stages_max = 64;
  static constexpr std::size_t disks_max = 256;
  static constexpr std::size_t text_bytes_max = 4096;  // of a warning or an error's stderr tail

  projection::TaskLife life;
  bool identified = false;  // names below come from a lifecycle event; until then a tick's will do
  std::string vm_name, provider, user, plan_id, host;
  projection::Plan plan;  // from the first task.started; empty: export, conversion, upload alike
  std::map<std::string, Stage> stages;  // by name: the order of mention depends on how topics interleave
  std::string current_stage;            // the last one started
  std::optional<std::int64_t> current_index, total_stages;
  std::map<std::int64_t, DiskProgress> disks;
  std::vector<std::string> warnings;
  std::optional<event::Failure> error;
  std::optional<std::string> metadata_json;

  bool operator==(const Task&) const = default;
};

struct Progress {
  using State = Task;
  struct Outputs {};

  static constexpr std::string_view name = "progress";
  static constexpr int version = 2;  // 2: a stage's index

  std::string key(const event::Event& event) const;
  void step(Task& task, const event::Event& event, Outputs& out) const;
};

// --- what a view derives from a state; pure as well ---

// As projection::percentage tells it.
std::optional<double> percentage(const Task& task);

// Seconds left by the current stage's own speed and the share of what follows; nullopt when unknown or over.
std::optional<double> eta_seconds(const Task& task);
std::optional<double> stage_eta_seconds(const Stage& stage);
std::optional<double> stage_bytes_per_second(const Stage& stage);

// As projection::status_name tells it.
std::string_view status_name(const Task& task);
std::string_view to_string(StageStatus status);

const Stage* find_stage(const Task& task, std::string_view name);

}  // namespace godwit::progress
