// Totals: the folded series of partition files, read in one go and added up over instances, and the pages
// made from them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/metrics/exposition.h"
#include "common/sqlite/readers.h"
#include "consumers/metrics/projection.h"

namespace godwit::metrics_view {

using LabelValues = std::array<std::string, labels_max>;

struct Histogram {
  std::map<std::size_t, std::uint64_t> buckets;  // by index of the upper bound
  std::int64_t sum = 0;
  std::uint64_t count = 0;
};

struct Totals {
  std::map<std::string, std::map<LabelValues, std::uint64_t>> counters;
  std::map<std::string, std::map<LabelValues, Histogram>> histograms;
  std::map<std::pair<std::string, std::string>, std::uint64_t> active;  // (provider, stage)
  std::map<std::string, std::uint64_t> stalled;                         // by provider

  // The sum over the series whose label `index` is `value`; over all when `index` is negative.
  std::uint64_t sum(std::string_view counter, int index = -1, std::string_view value = "") const;
  Totals& operator+=(const Totals& other);
  std::uint64_t active_total() const;
};

// Tasks active but silent since before `stalled_before` count as stalled.
Totals read_totals(const sqlite::Readers& readers, Timestamp stalled_before);

// By the value of the label `partition`; those under "" have no such label.
using TotalsByPartition = std::map<std::string, Totals>;
TotalsByPartition read_totals_by_partition(const sqlite::Readers& readers, Timestamp stalled_before);

// Totals as one instance gives them to another; not part of the public contract.
std::string to_wire(const Totals& totals);
// nullopt for anything to_wire() would not write.
std::optional<Totals> read_wire(std::string_view json);

// The inherited hypersdk_ families, then ours.
void append_families(metrics::Exposition& page, const TotalsByPartition& parts, double uptime_seconds);
// GET /stats.
std::string stats_json(const Totals& totals, double uptime_seconds);

}  // namespace godwit::metrics_view
