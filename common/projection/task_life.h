// TaskLife: the rules about attempts, ends and duplicates that every projection of tasks obeys, as one
// checked value.
//   - an event (source, id) counts once;
//   - within an attempt the first terminal event wins, a second is a conflict;
//   - only a higher attempt reopens a task, and events of lower attempts change no state;
//   - a tick never starts nor ends anything.
// The lifecycle and progress topics have no common order; any interleaving of one task's records gives the
// same TaskLife.
//
// And the stages of an attempt, from which every view that tells a percentage makes the same one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/projection/projection.h"

namespace godwit::projection {

enum class Phase { pending, running, paused, retrying, completed, failed, cancelled };

constexpr bool is_terminal(Phase phase) {
  return phase == Phase::completed || phase == Phase::failed || phase == Phase::cancelled;
}
std::string_view to_string(Phase phase);
std::optional<Phase> phase_from(std::string_view text);

// What one attempt has had, so that each counts once even when its events come late.
struct AttemptMarks {
  std::int64_t attempt = 0;
  bool began = false;
  bool ended = false;
  std::optional<Timestamp> began_at;

  bool operator==(const AttemptMarks&) const = default;
};

struct TaskLife {
  static constexpr std::size_t attempts_max = 64;  // marks kept; of older attempts late events count nowhere

  std::int64_t attempt = 0;  // the highest heard of; 0: none yet
  Phase phase = Phase::pending;
  bool removed = false;               // in any attempt: hidden from views for good; counters stay
  std::optional<Timestamp> began_at;  // of the current attempt
  std::optional<Timestamp> ended_at;
  Timestamp updated_at{};           // the latest event time of all
  std::vector<AttemptMarks> marks;  // ascending by attempt
  Seen seen;

  bool operator==(const TaskLife&) const = default;
};

enum class Verdict {
  applied,
  duplicate,  // this (source, id) was folded before
  stale,      // belongs to a lower attempt
  conflict,   // a second end of an attempt
  ignored,    // no event of a task
};

// What an event did. `current` events may change what a view shows; `began` and `ended` may count.
struct Change {
  Verdict verdict = Verdict::ignored;
  bool new_attempt = false;  // the task was reopened (or first heard of): what was known of stages is void
  bool began = false;        // this attempt counts as started now
  bool ended = false;        // this attempt counts as finished now
  bool sets_plan = false;    // the first task.started of the current attempt: it alone says what will be done
  std::optional<Timestamp> attempt_began_at;  // of the event's own attempt, when known

  bool current() const { return verdict == Verdict::applied; }
};

// Folds one event of a task (lifecycle or tick). Events of plans and of platform.activity are ignored.
Change fold_life(TaskLife& life, const event::Event& event);

bool is_tick(event::Type type);
bool is_task_event(event::Type type);

// --- stages ---

// How far one stage of an attempt is. Its ratio only grows, so that no order of ticks shows.
struct StageShare {
  std::optional<double> ratio;             // the largest share told, 0..1; nullopt: unknown
  std::optional<std::int64_t> bytes_done;  // the largest told; the figure of the stage's end is final
  std::optional<std::int64_t> bytes_total;
  bool bytes_final = false;

  bool operator==(const StageShare&) const = default;
};

template <class T>
void raise(std::optional<T>& to, const std::optional<T>& told) {
  if (told && (!to || *told > *to)) to = told;
}

// The share a tick itself tells; an unknown total tells none.
std::optional<double> told_ratio(const event::Data& data);
// Only the full copy earns a stage its share; later rounds of a warm migration have bars of their own.
void fold_stage_tick(StageShare& stage, const event::Data& tick);
// Of stage.completed, stage.skipped and stage.failed; the last one earns nothing.
void fold_stage_end(StageShare& stage, const event::Event& end);

using Plan = std::vector<event::StagePlan>;
// What an attempt will do, of the event whose change `sets_plan`: with the members that a store keeps.
Plan plan_of(const event::Event& start);

// What one planned stage is of the whole.
struct Share {
  std::string_view stage;  // lies within the plan
  double weight;
  double done;  // 0..1
};

// Each planned stage, with nothing done; without a plan export, conversion and upload, alike.
std::vector<Share> shares_of(const Plan& plan);
// `stages`: StageShares, or what is made of them, by name.
template <class Stages>
std::vector<Share> shares_of(const Plan& plan, const Stages& stages) {
  std::vector<Share> out = shares_of(plan);
  for (Share& share : out)
    if (const auto found = stages.find(std::string{share.stage}); found != stages.end())
      share.done = found->second.ratio.value_or(0);
  return out;
}

// 0..100; nullopt before task.started, which tells the weights. 100 only when completed. Never runs backwards
// within an attempt: its weights stay and each of its terms only grows.
std::optional<double> percentage(const TaskLife& life, const std::vector<Share>& shares);

// "pending", "exporting", "converting", "uploading", "running", "paused", "retrying", "completed", "failed",
// "cancelled".
std::string_view status_name(const TaskLife& life, std::string_view current_stage);

// The longest beginning of at most `bytes_max` that is cut between code points: half of one would be no
// UTF-8, and the stored state could not be read again.
std::string cut_text(const std::string& text, std::size_t bytes_max);

}  // namespace godwit::projection
