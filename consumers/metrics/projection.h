// Counters of migrations, folded from lifecycle events and delivery outcomes. No counter is fed by ticks:
// they expire, so a rebuild would give less.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/event.h"
#include "common/projection/projection.h"
#include "common/projection/task_life.h"

namespace godwit::metrics_view {

inline constexpr std::size_t labels_max = 3;

// One series: a metric's name and the values of its labels, in the order series.h names them.
struct Series {
  std::string_view metric;  // a name of series.h: a literal
  std::array<std::string, labels_max> labels = {};

  auto operator<=>(const Series&) const = default;
};

// What an event adds. An increment of 0 makes the series visible, since a counter born at 1 hides its first
// increase.
struct Increment {
  Series series;
  std::uint64_t by = 0;
};
struct Observation {
  Series series;
  std::int64_t value = 0;  // in the unit series.h gives: milliseconds or a count
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

struct Task {
  static constexpr std::size_t stage_marks_max = 256;

  projection::TaskLife life;
  std::string provider, mode, current_stage;
  std::vector<StageMark> stages;
  projection::Seen deliveries;  // outcomes of its webhook deliveries

  bool operator==(const Task&) const = default;
};

struct Metrics {
  using State = Task;
  struct Outputs {
    std::vector<Increment> increments;
    std::vector<Observation> observations;
  };

  static constexpr std::string_view name = "metrics";
  static constexpr int version = 1;

  std::string key(const event::Event& event) const;
  void step(Task& task, const event::Event& event, Outputs& out) const;
};

}  // namespace godwit::metrics_view
