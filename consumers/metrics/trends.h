// Trends: what happened in each bucket of time, by event time. Two grains are kept, each with a fixed number
// of its newest buckets, whatever the order of the events: one event dated far ahead takes one place, not the
// history.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/sqlite/database.h"
#include "common/sqlite/readers.h"
#include "consumers/metrics/projection.h"

namespace godwit::metrics_view {

struct Grain {
  std::int64_t step_s;
  std::int64_t buckets_max;  // in one partition
};
inline constexpr std::array<Grain, 2> grains{{{300, 2304}, {3600, 2400}}};  // 8 and 100 days without a gap

// Writes them, within the transaction of a store.
class TrendRows {
 public:
  static std::string schema();
  explicit TrendRows(sqlite::Database& db);

  void add(Timestamp at, const Happened& happened);
  void flush();
  void discard() { gathered_.clear(); }

 private:
  sqlite::Statement add_, trim_;
  std::map<std::pair<std::int64_t, std::int64_t>, Happened> gathered_;  // by step and start, in seconds
};

// Times in unix seconds; begin and end are multiples of the step, and the end does not belong to it.
struct TrendWindow {
  std::int64_t begin_s = 0;
  std::int64_t end_s = 0;
  std::int64_t step_s = 0;
};
using Trends = std::map<std::int64_t, Happened>;  // by start of the step; those without events are not there

// The coarsest grain that divides the step; nullptr when none does.
const Grain* grain_of(std::int64_t step_s);
// The step must be a multiple of a grain's.
Trends read_trends(const sqlite::Readers& readers, const TrendWindow& window);

std::string trends_to_wire(const Trends& trends);
std::optional<Trends> trends_from_wire(std::string_view json);

}  // namespace godwit::metrics_view
