// Progress of each task, folded from lifecycle events and ticks: what stage it is in, how far, how fast, and
// how it ended.
#pragma once

#include <cstdint>
#include <functional>
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

// What a chart of a stage is drawn from: how much was done when.
struct Sample {
  Timestamp at;
  double ratio = 0;
  std::optional<std::int64_t> bytes;

  bool operator==(const Sample&) const = default;
};

// Samples of one stage, bounded: when they are full every other one goes, and from then on they are taken
// half as often.
struct Samples {
  static constexpr std::size_t count_max = 32;
  static constexpr Millis spacing_first{1'000};

  Millis spacing = spacing_first;
  std::vector<Sample> all;

  void take(const Sample& sample);
  bool operator==(const Samples&) const = default;
};

// One stage of the current attempt.
struct Stage : projection::StageShare {
  StageStatus status = StageStatus::pending;
  std::optional<Timestamp> started_at, ended_at;
  std::optional<std::int64_t> index;  // among the attempt's stages, as its start said
  Rate rate;
  Samples samples;
  std::optional<std::string> message;

  bool operator==(const Stage&) const = default;
};

struct DiskProgress {
  StageStatus status = StageStatus::pending;
  std::optional<Timestamp> started_at, ended_at;
  std::optional<double> ratio;
  std::optional<std::int64_t> bytes_done, bytes_total;
  Rate rate;

  bool operator==(const DiskProgress&) const = default;
};

// One round of a warm migration after its full copy; each has a bar of its own.
struct WarmRound {
  StageStatus status = StageStatus::pending;
  std::optional<Timestamp> started_at, ended_at;
  std::optional<double> ratio;
  std::optional<std::int64_t> delta_bytes, bytes_done, bytes_total;
  std::optional<double> dirty_bytes_per_second;

  bool operator==(const WarmRound&) const = default;
};

// When the source stood still, and the switch-over around it.
struct Downtime {
  std::optional<Timestamp> cutover_started_at, cutover_ended_at, started_at, ended_at;
  std::optional<std::int64_t> told_ms;  // by the worker; it knows best
  std::optional<std::int64_t> final_delta_bytes;

  bool operator==(const Downtime&) const = default;
};

// That the task's status became another one.
struct Transition {
  std::string status;
  Timestamp at;

  bool operator==(const Transition&) const = default;
};

// What events of a plan say of it; its tasks say the rest.
struct Batch {
  std::string name;
  projection::Phase phase = projection::Phase::pending;
  std::optional<std::int64_t> vm_count, max_parallel;
  std::optional<Timestamp> created_at, started_at, ended_at;
  Timestamp updated_at{};

  bool operator==(const Batch&) const = default;
};

struct Task {
  static constexpr std::size_t warnings_max = 100;  // the newest are kept
  static constexpr std::size_t stages_max = 64;
  static constexpr std::size_t disks_max = 256;
  static constexpr std::size_t rounds_max = 64;
  static constexpr std::size_t transitions_max = 128;  // of an attempt; the first are kept
  static constexpr std::size_t text_bytes_max = 4096;  // of a warning or an error's stderr tail

  projection::TaskLife life;
  bool identified = false;  // names below come from a lifecycle event; until then a tick's will do
  std::string vm_name, provider, user, plan_id, plan_name, host, mode;
  projection::Plan plan;  // from the first task.started; empty: export, conversion, upload alike
  std::map<std::string, Stage> stages;  // by name: the order of mention depends on how topics interleave
  std::string current_stage;            // the last one started
  std::optional<std::int64_t> current_index, total_stages;
  std::map<std::int64_t, DiskProgress> disks;
  std::map<std::int64_t, WarmRound> rounds;  // by iteration
  Downtime downtime;
  std::vector<Transition> transitions;
  std::vector<std::string> warnings;
  std::optional<event::Failure> error;
  std::optional<std::string> metadata_json;
  std::optional<Batch> batch;  // set in the state of a plan, where all else is empty

  bool operator==(const Task&) const = default;
};

// The share of stages whose plan gives them none, by name; a stage that is not here counts 1.
using Weights = std::map<std::string, double, std::less<>>;

struct Progress {
  using State = Task;
  struct Outputs {
    std::optional<Task> overtaken;  // a task that had ended and goes on: as it had ended
  };

  static constexpr std::string_view name = "progress";
  static constexpr int version = 3;  // 3: samples, rounds, downtime, transitions, plans

  // The key of a plan's state; no task's id has a slash.
  static constexpr std::string_view plan_prefix = "plan/";

  Weights weights = {};
  Millis keep{std::chrono::days{30}};  // a task of which nothing was heard for longer begins anew

  std::string key(const event::Event& event) const;
  void step(Task& task, const event::Event& event, Outputs& out) const;
};

// --- what a view derives from a state; pure as well ---

// As projection::percentage tells it.
std::optional<double> percentage(const Task& task, const Weights& weights = {});

// Seconds left by the current stage's own speed and the share of what follows; nullopt when unknown or over.
std::optional<double> eta_seconds(const Task& task, const Weights& weights = {});
std::optional<double> stage_eta_seconds(const Stage& stage);
std::optional<double> stage_bytes_per_second(const Stage& stage);
// Over the whole life of the stage so far, by event time.
std::optional<double> stage_average_rate(const Stage& stage);
std::optional<double> disk_eta_seconds(const DiskProgress& disk);

// Bytes of all stages that say them: together how much was moved, not how big the machine is.
std::optional<std::int64_t> bytes_done(const Task& task);
std::optional<std::int64_t> downtime_ms(const Downtime& downtime);

// As projection::status_name tells it.
std::string_view status_name(const Task& task);
std::string_view to_string(StageStatus status);

const Stage* find_stage(const Task& task, std::string_view name);

}  // namespace godwit::progress
