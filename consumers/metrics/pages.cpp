// The page of Prometheus, made from Totals.
#include <algorithm>

#include "consumers/metrics/bounds.h"
#include "consumers/metrics/inherited.h"
#include "consumers/metrics/tables.h"
#include "consumers/metrics/totals.h"

namespace godwit::metrics_view {
namespace {

using metrics::Exposition;
using metrics::Kind;

// What one sample per part is made from, with the labels that tell the parts apart.
struct Part {
  const Totals& totals;
  metrics::Labels labels;  // partition, or none
  Inherited in;
};

std::vector<Part> parts_of(const TotalsByPartition& parts) {
  std::vector<Part> out;
  for (const auto& [partition, totals] : parts) {
    const metrics::Labels labels =
        partition.empty() ? metrics::Labels{} : metrics::Labels{{"partition", partition}};
    out.push_back({totals, labels, inherit(totals)});
  }
  return out;
}

metrics::Labels with(metrics::Labels labels, const Part& part) {
  labels.insert(labels.end(), part.labels.begin(), part.labels.end());
  return labels;
}

// A family with one sample for each part.
template <class Value>
void append_each(Exposition& page, const std::vector<Part>& parts, const std::string& name, Kind kind,
                 std::string_view help, Value value) {
  page.family("hypersdk_" + name, kind, help);
  for (const Part& part : parts) page.sample(part.labels, value(part.in));
}

void append_stages(Exposition& page, const std::vector<Part>& parts) {
  const Inherited names;
  for (std::size_t i = 0; i < names.stages.size(); ++i)
    append_each(page, parts, std::string{names.stages[i].name} + "_duration_seconds", Kind::untyped,
                "Total " + std::string{names.stages[i].name} + " duration in seconds",
                [i](const Inherited& in) { return in.stages[i].seconds; });
  append_each(page, parts, "migration_duration_seconds", Kind::untyped, "Total migration duration in seconds",
              [](const Inherited& in) { return in.migration_seconds; });
  for (std::size_t i = 0; i < names.stages.size(); ++i)
    append_each(page, parts, "bytes_" + std::string{names.stages[i].participle} + "_total", Kind::counter,
                "Total bytes " + std::string{names.stages[i].participle},
                [i](const Inherited& in) { return in.stages[i].bytes; });
}

void append_averages(Exposition& page, const std::vector<Part>& parts) {
  const Inherited names;
  for (std::size_t i = 0; i < names.stages.size(); ++i)
    append_each(page, parts, "avg_" + std::string{names.stages[i].name} + "_duration_seconds", Kind::gauge,
                "Average " + std::string{names.stages[i].name} + " duration in seconds",
                [i](const Inherited& in) { return average(in.stages[i].seconds, in.stages[i].count); });
  append_each(page, parts, "avg_migration_duration_seconds", Kind::gauge,
              "Average total migration duration in seconds",
              [](const Inherited& in) { return average(in.migration_seconds, in.succeeded); });
}

// Counters whose inherited names lack `_total` are typed untyped: promtool would call them wrong, and
// renaming would break queries.
void append_inherited(Exposition& page, const std::vector<Part>& parts, double uptime_seconds) {
  append_each(page, parts, "migrations_total", Kind::counter, "Total number of migrations attempted",
              [](const Inherited& in) { return in.total; });
  append_each(page, parts, "migrations_succeeded", Kind::untyped, "Total number of successful migrations",
              [](const Inherited& in) { return in.succeeded; });
  append_each(page, parts, "migrations_failed", Kind::untyped, "Total number of failed migrations",
              [](const Inherited& in) { return in.failed; });
  append_each(page, parts, "migrations_active", Kind::gauge, "Current number of active migrations",
              [](const Inherited& in) { return in.active; });
  append_stages(page, parts);
  page.family("hypersdk_migrations_by_provider", Kind::untyped, "Migrations by provider");
  for (const Part& part : parts)
    for (const auto& [provider, count] : starts_by_provider(part.totals))
      page.sample(with({{"provider", provider}}, part), count);
  page.family("hypersdk_uptime_seconds", Kind::untyped, "Uptime in seconds");
  page.sample({}, uptime_seconds);
  append_each(page, parts, "success_rate_percent", Kind::gauge, "Migration success rate percentage",
              [](const Inherited& in) { return in.success_percent; });
  append_averages(page, parts);
}

metrics::Labels named(const LabelNames& names, const LabelValues& values) {
  metrics::Labels out;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!names[i].empty()) out.emplace_back(names[i], values[i]);
  return out;
}

// What a part has of one metric; null when nothing.
template <class Value>
const std::map<LabelValues, Value>* of(const Totals::BySeries<Value>& all, const Metric& metric) {
  const auto found = all.find(std::string{metric.name});
  return found == all.end() ? nullptr : &found->second;
}

// Those of one series.
class Exemplars {
 public:
  Exemplars(const Totals& totals, const Metric& metric)
      : all_(of(totals.exemplars, metric)), unit_(metric.unit) {}

  const metrics::Exemplar* of_bucket(const LabelValues& labels, std::int64_t bucket) {
    if (all_ == nullptr) return nullptr;
    const auto series = all_->find(labels);
    if (series == all_->end()) return nullptr;
    const auto found = series->second.find(bucket);
    if (found == series->second.end()) return nullptr;
    const Latest& latest = found->second;
    made_[bucket] = {latest.trace_id, static_cast<double>(latest.value) / unit_, from_unix_ms(latest.at_ms)};
    return &made_[bucket];
  }

 private:
  const std::map<LabelValues, std::map<std::int64_t, Latest>>* all_;
  double unit_;
  std::map<std::int64_t, metrics::Exemplar> made_;
};

void append_histogram(Exposition& page, const Metric& metric, const Part& part) {
  const auto* series = of(part.totals.histograms, metric);
  if (series == nullptr) return;
  Exemplars exemplars{part.totals, metric};
  std::vector<std::uint64_t> buckets;
  std::vector<const metrics::Exemplar*> shown;
  for (const auto& [labels, histogram] : *series) {
    buckets.assign(metric.bounds.size() + 1, 0);
    shown.assign(buckets.size(), nullptr);
    for (const auto& [index, count] : histogram.buckets) {
      buckets.at(index) = count;
      shown[index] = exemplars.of_bucket(labels, static_cast<std::int64_t>(index));
    }
    page.histogram(with(named(metric.labels, labels), part), metric.bounds, buckets,
                   static_cast<double>(histogram.sum) / metric.unit, shown);
  }
}

void append_counter(Exposition& page, const Metric& metric, const Part& part) {
  const auto* series = of(part.totals.counters, metric);
  if (series == nullptr) return;
  Exemplars exemplars{part.totals, metric};
  for (const auto& [labels, count] : *series) {
    const metrics::Labels shown = with(named(metric.labels, labels), part);
    if (metric.unit == 1) {
      page.sample(shown, count, exemplars.of_bucket(labels, no_bucket));
    } else {
      page.sample(shown, static_cast<double>(count) / metric.unit);
    }
  }
}

void append_gauge(Exposition& page, const Metric& metric, const Part& part) {
  const auto* series = of(part.totals.gauges, metric);
  if (series == nullptr) return;
  for (const auto& [labels, latest] : *series)
    page.sample(with(named(metric.labels, labels), part), static_cast<double>(latest.value) / metric.unit);
}

void append_metric(Exposition& page, const Metric& metric, const std::vector<Part>& parts) {
  switch (metric.shape) {
    case Shape::counter:
      page.family(metric.name, Kind::counter, metric.help);
      for (const Part& part : parts) append_counter(page, metric, part);
      break;
    case Shape::histogram:
      page.family(metric.name, Kind::histogram, metric.help);
      for (const Part& part : parts) append_histogram(page, metric, part);
      break;
    case Shape::gauge:
      page.family(metric.name, Kind::gauge, metric.help);
      for (const Part& part : parts) append_gauge(page, metric, part);
      break;
  }
}

void append_watched(Exposition& page, const std::vector<Part>& parts, std::string_view name,
                    std::string_view help, std::uint64_t Watched::*figure) {
  page.family(name, Kind::gauge, help);
  for (const Part& part : parts)
    for (const auto& [provider, watched] : part.totals.watched)
      page.sample(with({{"provider", provider}}, part), watched.*figure);
}

// An age is never negative: a worker's clock may run ahead.
double seconds_since(std::int64_t then_ms, const PageTime& time) {
  return std::max(0.0, static_cast<double>(to_unix_ms(time.now) - then_ms) / 1000);
}

void append_ages(Exposition& page, const std::vector<Part>& parts, const PageTime& time) {
  page.family("godwit_snapshot_age_max_seconds", Kind::gauge,
              "Age of the oldest snapshot of a source that was not removed");
  for (const Part& part : parts)
    for (const auto& [provider, watched] : part.totals.watched)
      if (watched.oldest_snapshot_ms)
        page.sample(with({{"provider", provider}}, part), seconds_since(*watched.oldest_snapshot_ms, time));
  page.family("godwit_active_age_max_seconds", Kind::gauge,
              "Time since the start of the longest migration under way");
  for (const Part& part : parts)
    for (const auto& [key, began_ms] : part.totals.oldest_active_ms)
      page.sample(with({{"provider", key.first}, {"mode", key.second}}, part), seconds_since(began_ms, time));
}

void append_under_way(Exposition& page, const std::vector<Part>& parts, const PageTime& time) {
  page.family("godwit_migrations_active", Kind::gauge, "Migrations under way, by the stage they are in");
  for (const Part& part : parts)
    for (const auto& [key, count] : part.totals.active)
      page.sample(with({{"provider", key.first}, {"stage", key.second}}, part), count);
  append_watched(page, parts, "godwit_migrations_stalled",
                 "Migrations under way of which nothing was heard for too long", &Watched::stalled);
  append_watched(page, parts, "godwit_migrations_late", "Migrations under way for longer than was promised",
                 &Watched::late);
  append_watched(page, parts, "godwit_precopy_not_converging",
                 "Migrations under way whose last three pre-copy rounds had no less to copy each",
                 &Watched::not_converging);
  append_ages(page, parts, time);
}

}  // namespace

void append_families(Exposition& page, const TotalsByPartition& all, const Catalogue& catalogue,
                     const PageTime& time) {
  const std::vector<Part> parts = parts_of(all);
  append_inherited(page, parts, time.uptime_seconds);
  append_under_way(page, parts, time);
  for (const Metric& metric : catalogue.metrics()) append_metric(page, metric, parts);
}

}  // namespace godwit::metrics_view
