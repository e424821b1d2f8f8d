#include "consumers/metrics/totals.h"

#include <algorithm>
#include <set>

#include "common/cluster/shares.h"
#include "consumers/metrics/bounds.h"

namespace godwit::metrics_view {
namespace {

LabelValues labels_of(const sqlite::Statement& row) {
  LabelValues out;
  for (std::size_t i = 0; i < labels_max; ++i) out[i] = row.text(static_cast<int>(i) + 1);
  return out;
}

void add_series(Totals& totals, sqlite::Database& db) {
  auto counter = db.prepare("SELECT metric, l1, l2, l3, l4, value FROM counter");
  while (counter.step())
    totals.counters[std::string{counter.text(0)}][labels_of(counter)] +=
        static_cast<std::uint64_t>(counter.integer(5));
  auto buckets = db.prepare("SELECT metric, l1, l2, l3, l4, bucket, count, sum FROM histogram");
  while (buckets.step()) {
    Histogram& histogram = totals.histograms[std::string{buckets.text(0)}][labels_of(buckets)];
    const auto count = static_cast<std::uint64_t>(buckets.integer(6));
    histogram.buckets[static_cast<std::size_t>(buckets.integer(5))] += count;
    histogram.count += count;
    histogram.sum += buckets.integer(7);
  }
  auto gauges = db.prepare("SELECT metric, l1, l2, l3, l4, at_ms, value FROM gauge");
  while (gauges.step()) {
    Latest& latest = totals.gauges[std::string{gauges.text(0)}][labels_of(gauges)];
    latest = std::max(latest, Latest{gauges.integer(5), gauges.integer(6)});
  }
  auto exemplars = db.prepare("SELECT metric, l1, l2, l3, l4, bucket, at_ms, value, trace_id FROM exemplar");
  while (exemplars.step()) {
    Latest& latest =
        totals.exemplars[std::string{exemplars.text(0)}][labels_of(exemplars)][exemplars.integer(5)];
    latest =
        std::max(latest, Latest{exemplars.integer(6), exemplars.integer(7), std::string{exemplars.text(8)}});
  }
}

// The values of labels that series were counted under: what is beyond the bounds there is so here too.
class KnownLabels {
 public:
  explicit KnownLabels(sqlite::Database& db) {
    auto rows = db.prepare("SELECT scope, value FROM label WHERE scope IN ('provider', 'mode', 'stage')");
    while (rows.step()) known_.emplace(rows.text(0), rows.text(1));
  }
  std::string named(const char* label, std::string_view value, const char* when_empty) const {
    if (value.empty()) return when_empty;
    const bool known = known_.contains({std::string{label}, std::string{value}});
    return std::string{known ? value : other_label};
  }

 private:
  std::set<std::pair<std::string, std::string>> known_;
};

void add_tasks(Totals& totals, sqlite::Database& db, const Limits& limits) {
  const KnownLabels labels{db};
  auto active = db.prepare(
      "SELECT provider, mode, stage, count(*), sum(updated_ms < ?), total(began_ms < ?), "
      "sum(not_converging), "
      "min(began_ms) FROM task WHERE active = 1 GROUP BY provider, mode, stage");
  active.bind(to_unix_ms(limits.stalled_before), to_unix_ms(limits.late_before));
  while (active.step()) {
    const std::string provider = labels.named("provider", active.text(0), "unknown");
    totals.active[{provider, labels.named("stage", active.text(2), "none")}] +=
        static_cast<std::uint64_t>(active.integer(3));
    totals.watched[provider] += {.stalled = static_cast<std::uint64_t>(active.integer(4)),
                                 .late = static_cast<std::uint64_t>(active.real(5)),
                                 .not_converging = static_cast<std::uint64_t>(active.integer(6))};
    if (active.is_null(7)) continue;
    const auto [oldest, fresh] = totals.oldest_active_ms.try_emplace(
        {provider, labels.named("mode", active.text(1), "unknown")}, active.integer(7));
    if (!fresh) oldest->second = std::min(oldest->second, active.integer(7));
  }
  auto snapshots = db.prepare(
      "SELECT provider, min(snapshot_ms) FROM task WHERE snapshot_ms IS NOT NULL GROUP BY provider");
  while (snapshots.step())
    totals.watched[labels.named("provider", snapshots.text(0), "unknown")] +=
        {.oldest_snapshot_ms = snapshots.integer(1)};
}

void add_file(Totals& totals, sqlite::Database& db, const Limits& limits) {
  add_series(totals, db);
  add_tasks(totals, db, limits);
}

// Adds series by series.
template <class Value, class Add>
void add_each(Totals::BySeries<Value>& to, const Totals::BySeries<Value>& from, Add add) {
  for (const auto& [metric, series] : from)
    for (const auto& [labels, value] : series) add(to[metric][labels], value);
}

void add_histogram(Histogram& to, const Histogram& from) {
  for (const auto& [bucket, count] : from.buckets) to.buckets[bucket] += count;
  to.sum += from.sum;
  to.count += from.count;
}

void take_latest(Latest& to, const Latest& from) { to = std::max(to, from); }

}  // namespace

Watched& Watched::operator+=(const Watched& more) {
  stalled += more.stalled;
  late += more.late;
  not_converging += more.not_converging;
  if (!oldest_snapshot_ms || (more.oldest_snapshot_ms && *more.oldest_snapshot_ms < *oldest_snapshot_ms))
    oldest_snapshot_ms = more.oldest_snapshot_ms;
  return *this;
}

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

Totals& Totals::operator+=(const Totals& more) {
  add_each(counters, more.counters, [](std::uint64_t& to, std::uint64_t from) { to += from; });
  add_each(histograms, more.histograms, add_histogram);
  add_each(gauges, more.gauges, take_latest);
  add_each(exemplars, more.exemplars, [](auto& to, const auto& from) {
    for (const auto& [bucket, latest] : from) take_latest(to[bucket], latest);
  });
  for (const auto& [key, count] : more.active) active[key] += count;
  for (const auto& [key, began_ms] : more.oldest_active_ms) {
    const auto [oldest, fresh] = oldest_active_ms.try_emplace(key, began_ms);
    if (!fresh) oldest->second = std::min(oldest->second, began_ms);
  }
  for (const auto& [provider, each] : more.watched) watched[provider] += each;
  return *this;
}

TotalsByPartition read_totals_by_partition(const sqlite::Readers& readers, const Limits& limits) {
  TotalsByPartition out;
  readers.for_each([&](const std::string& file, sqlite::Database& db) {
    add_file(out[cluster::shown_as_json(file)], db, limits);
    return true;
  });
  return out;
}

Totals read_totals(const sqlite::Readers& readers, const Limits& limits) {
  Totals totals;
  readers.for_each([&](const std::string&, sqlite::Database& db) {
    add_file(totals, db, limits);
    return true;
  });
  return totals;
}

}  // namespace godwit::metrics_view
