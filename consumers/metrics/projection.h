// Counters of migrations, folded from lifecycle events and delivery outcomes, and whatever else rules say. No
// counter is fed by ticks: they expire, so a rebuild would give less.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/event.h"
#include "common/projection/projection.h"
#include "common/projection/task_life.h"
#include "consumers/metrics/rules.h"
#include "consumers/metrics/series.h"

namespace godwit::metrics_view {

using LabelValues = std::array<std::string, labels_max>;

// One series: a metric's name and the values of its labels, in the order series.h or the rule names them.
struct Series {
  std::string_view metric;  // a literal of series.h, or the name of a rule, which outlives it
  LabelValues labels = {};

  auto operator<=>(const Series&) const = default;
};

// What an event adds. An increment of 0 makes the series visible, since a counter born at 1 hides its first
// increase.
struct Increment {
  Series series;
  std::uint64_t by = 0;
};
// In the unit the metric gives: milliseconds or a count.
struct Observation {
  Series series;
  std::int64_t value = 0;
};
// A gauge shows what was told last by event time.
struct Reading {
  Series series;
  std::int64_t value = 0;
};

// What happened at one moment, for the buckets of time.
struct Happened {
  std::uint64_t started = 0, completed = 0, failed = 0, cancelled = 0;
  std::uint64_t bytes = 0;
  std::int64_t completed_ms = 0;  // duration of what was completed
  std::uint64_t timed = 0;        // completed, and how long it took is known

  bool any() const { return started + completed + failed + cancelled + bytes > 0; }
  bool operator==(const Happened&) const = default;
  Happened& operator+=(const Happened& other);
};

// One stage of one attempt, so that each end counts once however often it is told.
struct StageMark {
  std::int64_t attempt = 0;
  std::string stage;
  bool ended = false;
  bool failed = false;
  std::int64_t bytes = 0;  // counted so far

  bool operator==(const StageMark&) const = default;
};

// The rounds of a warm migration: whether what is left to copy shrinks.
struct PrecopyMark {
  std::int64_t attempt = 0;
  std::optional<std::int64_t> delta_bytes;  // of the last round that told one
  std::int64_t not_smaller = 0;  // rounds in sequence whose delta was not smaller than the one before

  bool operator==(const PrecopyMark&) const = default;
};

struct OpenSnapshot {
  std::string id;
  Timestamp created_at{};

  bool operator==(const OpenSnapshot&) const = default;
};

struct Task {
  static constexpr std::size_t stage_marks_max = 256;
  static constexpr std::size_t snapshots_max = 64;
  // Two in sequence: three rounds, none smaller than the one before.
  static constexpr std::int64_t rounds_not_smaller_max = 2;

  projection::TaskLife life;
  std::string provider, mode, current_stage;
  std::vector<StageMark> stages;
  PrecopyMark precopy;
  std::vector<OpenSnapshot> snapshots;  // of the source, not removed yet
  projection::Seen others;              // its events that are no lifecycle events: delivery outcomes, audit

  bool active() const;
  bool not_converging() const { return precopy.not_smaller >= rounds_not_smaller_max; }
  std::optional<Timestamp> oldest_snapshot() const;
  bool operator==(const Task&) const = default;
};

struct Metrics {
  using State = Task;
  struct Outputs {
    std::vector<Increment> increments = {};
    std::vector<Observation> observations = {};
    std::vector<Reading> readings = {};
    Happened happened = {};
    Timestamp at{};             // when the event happened
    std::string trace_id = {};  // 32 hex digits; empty: it told none
  };

  static constexpr std::string_view name = "metrics";
  static constexpr int version = 2;

  std::string key(const event::Event& event) const;
  void step(Task& task, const event::Event& event, Outputs& out) const;
  // Of the rules: another one is another view of the log.
  std::string variant() const { return rules ? rules->fingerprint : ""; }

  std::shared_ptr<const RuleSet> rules = nullptr;  // null: none
};

}  // namespace godwit::metrics_view
