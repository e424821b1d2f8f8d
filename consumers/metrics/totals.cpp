#include "consumers/metrics/totals.h"

#include "common/cluster/shares.h"
#include "consumers/metrics/series.h"

namespace godwit::metrics_view {
namespace {

LabelValues labels_of(const sqlite::Statement& row) {
  return {std::string{row.text(1)}, std::string{row.text(2)}, std::string{row.text(3)}};
}

void add_file(Totals& totals, sqlite::Database& db, Timestamp stalled_before) {
  auto counters_rows = db.prepare("SELECT metric, l1, l2, l3, value FROM counter");
  while (counters_rows.step())
    totals.counters[std::string{counters_rows.text(0)}][labels_of(counters_rows)] +=
        static_cast<std::uint64_t>(counters_rows.integer(4));
  auto buckets = db.prepare("SELECT metric, l1, l2, l3, bucket, count, sum FROM histogram");
  while (buckets.step()) {
    Histogram& histogram = totals.histograms[std::string{buckets.text(0)}][labels_of(buckets)];
    const auto count = static_cast<std::uint64_t>(buckets.integer(5));
    histogram.buckets[static_cast<std::size_t>(buckets.integer(4))] += count;
    histogram.count += count;
    histogram.sum += buckets.integer(6);
  }
  auto active = db.prepare(
      "SELECT provider, stage, count(*), sum(updated_ms < ?) FROM task WHERE active = 1 GROUP BY provider, "
      "stage");
  active.bind(to_unix_ms(stalled_before));
  while (active.step()) {
    totals.active[{std::string{active.text(0)}, std::string{active.text(1)}}] +=
        static_cast<std::uint64_t>(active.integer(2));
    totals.stalled[std::string{active.text(0)}] += static_cast<std::uint64_t>(active.integer(3));
  }
}

}  // namespace

std::uint64_t Totals::sum(std::string_view counter, int index, std::string_view value) const {
  const auto found = counters.find(std::string{counter});
  std::uint64_t out = 0;
  if (found == counters.end()) return out;
  for (const auto& [labels, count] : found->second)
    if (index < 0 || labels.at(static_cast<std::size_t>(index)) == value) out += count;
  return out;
}

std::uint64_t Totals::active_total() const {
  std::uint64_t out = 0;
  for (const auto& [key, count] : active) out += count;
  return out;
}

Totals& Totals::operator+=(const Totals& other) {
  for (const auto& [metric, series] : other.counters)
    for (const auto& [labels, count] : series) counters[metric][labels] += count;
  for (const auto& [metric, series] : other.histograms)
    for (const auto& [labels, part] : series) {
      Histogram& histogram = histograms[metric][labels];
      for (const auto& [bucket, count] : part.buckets) histogram.buckets[bucket] += count;
      histogram.sum += part.sum;
      histogram.count += part.count;
    }
  for (const auto& [key, count] : other.active) active[key] += count;
  for (const auto& [provider, count] : other.stalled) stalled[provider] += count;
  return *this;
}

TotalsByPartition read_totals_by_partition(const sqlite::Readers& readers, Timestamp stalled_before) {
  TotalsByPartition out;
  readers.for_each([&](const std::string& file, sqlite::Database& db) {
    add_file(out[cluster::shown_as_json(file)], db, stalled_before);
    return true;
  });
  return out;
}

Totals read_totals(const sqlite::Readers& readers, Timestamp stalled_before) {
  Totals totals;
  readers.for_each([&](const std::string&, sqlite::Database& db) {
    add_file(totals, db, stalled_before);
    return true;
  });
  return totals;
}

}  // namespace godwit::metrics_view
