// Dashboard: each task as a row of the dashboard, folded from lifecycle events and ticks, and what each event
// adds to the counters. Counters are fed by lifecycle events alone: ticks expire, and a rebuild must count
// the same.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/event.h"
#include "common/projection/projection.h"
#include "common/projection/task_life.h"

namespace godwit::dashboard {

// The bytes an attempt has exported, converted and uploaded, as the ends of stages and of the task told them.
using StageBytes = std::array<std::int64_t, 3>;

struct Task {
  static constexpr std::size_t stages_max = 64;
  static constexpr std::size_t error_bytes_max =
      1024;  // a row has one line; the whole message is in the audit
  static constexpr std::size_t byte_attempts_max = projection::TaskLife::attempts_max;

  projection::TaskLife life;
  bool identified = false;  // the names come from a lifecycle event; until then a tick's will do
  std::string vm_name, provider;
  std::string plan_id;    // the plan it belongs to; empty: none was told
  projection::Plan plan;  // from the first task.started; empty: export, conversion, upload alike
  // By name: the order of mention depends on how topics interleave.
  std::map<std::string, projection::StageShare> stages;
  std::string current_stage;  // the last one started
  std::optional<std::int64_t> stage_index, total_stages;
  std::optional<std::string> error;                     // the last one told
  std::optional<std::int64_t> duration_ms;              // as the end told it
  std::map<std::int64_t, StageBytes> bytes_by_attempt;  // survives a new attempt: late ends still count

  bool operator==(const Task&) const = default;
};

// Counters of migrations; an attempt counts once as started and once as ended.
struct Counters {
  std::int64_t started = 0, succeeded = 0, failed = 0, cancelled = 0;
  std::int64_t succeeded_ms = 0;  // time taken by those that succeeded
  std::int64_t bytes = 0;         // exported + converted + uploaded

  Counters& operator+=(const Counters& other);
  bool operator==(const Counters&) const = default;
};

// What one event adds, and where: to its provider, and to the hour it happened in.
struct Addition {
  std::string provider;
  Timestamp at;
  Counters counters;

  bool operator==(const Addition&) const = default;
};

// Something a person should hear of: a failed attempt, a warning, an alert, a webhook given up, a lost
// worker, the end of a plan.
struct Note {
  static constexpr std::size_t text_bytes_max = 1024;

  Timestamp at;
  std::string id;        // of (source, id) of its event, so that one told twice is one
  std::string severity;  // "error", "warning" or "info"
  std::string kind;      // the event's type without prefix and version: "task.failed"
  std::string subject;   // the event's: a task, a plan, an endpoint ...
  std::string name;      // of the VM, plan, alert or endpoint
  std::string text;

  bool operator==(const Note&) const = default;
};

// What an event of a plan tells of it. A later stage of a plan's life wins over an earlier one.
struct PlanNews {
  std::string plan_id;
  int rank = 0;  // 1 created, 2 started, 3 and above: how it ended
  std::string status;
  std::optional<std::string> name;
  std::optional<std::int64_t> vm_count;
  Timestamp at;

  bool operator==(const PlanNews&) const = default;
};

struct Dashboard {
  using State = Task;
  struct Outputs {
    std::optional<Addition> addition;  // only when it adds something
    std::optional<Note> note;
    std::optional<PlanNews> plan;
  };

  static constexpr std::string_view name = "dashboard";
  static constexpr int version = 2;  // 2: plans, notes, names

  // Of a task's event its task id; of others with something to tell a key with a '/', which no task id has
  // and which keeps no state.
  std::string key(const event::Event& event) const;
  void step(Task& task, const event::Event& event, Outputs& out) const;
};

// --- what a view derives from a state; pure as well ---

// Whether a key of projection::Dashboard names a task.
bool is_task_key(std::string_view key);

// The list of the dashboard a task is on.
enum class List { none, pending, active, completed, failed, cancelled };
std::string_view to_string(List list);
std::optional<List> list_from(std::string_view text);
List list_of(const Task& task);
// The time its list is ordered by, newest first: of its start on the active list, of its end on the others.
Timestamp listed_at(const Task& task);

// As projection::percentage tells it.
std::optional<double> percentage(const Task& task);

// As the end told it, or the time between start and end; nullopt when neither is known.
std::optional<Millis> duration(const Task& task);

// As projection::status_name tells it.
std::string_view status_name(const Task& task);

// succeeded of all that succeeded or failed, 0..100; nullopt when none did.
std::optional<double> success_rate(const Counters& counters);
// Seconds a success took; nullopt when there is none.
std::optional<double> average_seconds(const Counters& counters);

}  // namespace godwit::dashboard
