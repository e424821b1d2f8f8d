// TaskLife: the rules about attempts, ends and duplicates that every projection of tasks obeys, as one
// checked value.
//   - an event (source, id) counts once;
//   - within an attempt the first terminal event wins, a second is a conflict;
//   - only a higher attempt reopens a task, and events of lower attempts change no state;
//   - a tick never starts nor ends anything.
// The lifecycle and progress topics have no common order; any interleaving of one task's records gives the
// same TaskLife.
#pragma once

#include <cstdint>
#include <optional>
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
  std::optional<Timestamp> attempt_began_at;  // of the event's own attempt, when known

  bool current() const { return verdict == Verdict::applied; }
};

// Folds one event of a task (lifecycle or tick). Events of plans and of platform.activity are ignored.
Change fold_life(TaskLife& life, const event::Event& event);

bool is_tick(event::Type type);
bool is_task_event(event::Type type);

}  // namespace godwit::projection
