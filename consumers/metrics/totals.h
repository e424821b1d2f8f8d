// Totals: the folded series of partition files, read in one go and added up over instances, and the pages
// made from them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/metrics/exposition.h"
#include "common/sqlite/readers.h"
#include "consumers/metrics/catalogue.h"
#include "consumers/metrics/projection.h"

namespace godwit::metrics_view {

struct Histogram {
  std::map<std::size_t, std::uint64_t> buckets;  // by index of the upper bound
  std::int64_t sum = 0;
  std::uint64_t count = 0;
};

// What was told last, by event time.
struct Latest {
  std::int64_t at_ms = 0;
  std::int64_t value = 0;
  std::string trace_id = {};  // of an exemplar

  auto operator<=>(const Latest&) const = default;
};

// What is to be watched of one provider's migrations.
struct Watched {
  std::uint64_t stalled = 0;
  std::uint64_t late = 0;
  std::uint64_t not_converging = 0;
  std::optional<std::int64_t> oldest_snapshot_ms = {};

  Watched& operator+=(const Watched& other);
};

struct Totals {
  template <class Value>
  using BySeries = std::map<std::string, std::map<LabelValues, Value>>;  // by metric and labels

  BySeries<std::uint64_t> counters;
  BySeries<Histogram> histograms;
  BySeries<Latest> gauges;
  BySeries<std::map<std::int64_t, Latest>> exemplars;                   // by bucket; a counter's has none
  std::map<std::pair<std::string, std::string>, std::uint64_t> active;  // (provider, stage)
  std::map<std::pair<std::string, std::string>, std::int64_t>
      oldest_active_ms;                    // (provider, mode): its start
  std::map<std::string, Watched> watched;  // by provider

  // The sum over the series whose label `index` is `value`; over all when `index` is negative.
  std::uint64_t sum(std::string_view counter, int index = -1, std::string_view value = "") const;
  Totals& operator+=(const Totals& other);
  std::uint64_t active_total() const;
};

// Since when a migration counts as stalled or late: what was heard of last before, what began before.
struct Limits {
  Timestamp stalled_before{};
  Timestamp late_before{};
};

Totals read_totals(const sqlite::Readers& readers, const Limits& limits);

// By the value of the label `partition`; those under "" have no such label.
using TotalsByPartition = std::map<std::string, Totals>;
TotalsByPartition read_totals_by_partition(const sqlite::Readers& readers, const Limits& limits);

// Totals as one instance gives them to another; not part of the public contract.
std::string to_wire(const Totals& totals, const Catalogue& catalogue);
// nullopt for anything to_wire() would not write with the same catalogue: what other rules folded cannot be
// added to ours.
std::optional<Totals> read_wire(std::string_view json, const Catalogue& catalogue);

// When and for how long the page is made.
struct PageTime {
  Timestamp now{};
  double uptime_seconds = 0;
};
// The inherited hypersdk_ families, then ours, then those of the rules.
void append_families(metrics::Exposition& page, const TotalsByPartition& parts, const Catalogue& catalogue,
                     const PageTime& time);
// GET /stats.
std::string stats_json(const Totals& totals, double uptime_seconds);

}  // namespace godwit::metrics_view
