// The pages made from Totals: Prometheus text and /stats.
#include <cmath>
#include <limits>
#include <optional>

#include "common/json/writer.h"
#include "consumers/metrics/series.h"
#include "consumers/metrics/totals.h"

namespace godwit::metrics_view {
namespace {

using metrics::Exposition;
using metrics::Kind;

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

// What the inherited names need that is not a sum of one counter.
struct Inherited {
  std::uint64_t total = 0, succeeded = 0, failed = 0, active = 0;
  double success_percent = no_value;
  struct Stage {
    std::string_view name, participle;
    double seconds = 0;
    std::uint64_t count = 0, bytes = 0;
  };
  std::array<Stage, 3> stages{{{"export", "exported"}, {"conversion", "converted"}, {"upload", "uploaded"}}};
  double migration_seconds = 0;  // the three stages, as inherited
};

double average(double seconds, std::uint64_t count) {
  return count > 0 ? seconds / static_cast<double>(count) : 0;
}

Inherited inherit(const Totals& totals) {
  Inherited out;
  out.total = totals.sum(started);
  out.succeeded = totals.sum(finished, 2, "completed");
  out.failed = totals.sum(finished, 2, "failed");
  out.active = totals.active_total();
  if (out.succeeded + out.failed > 0)
    out.success_percent =
        100.0 * static_cast<double>(out.succeeded) / static_cast<double>(out.succeeded + out.failed);
  const auto durations = totals.histograms.find(std::string{stage_duration});
  for (Inherited::Stage& stage : out.stages) {
    stage.bytes = totals.sum(bytes, 1, stage.name);
    if (durations == totals.histograms.end()) continue;
    for (const auto& [labels, histogram] : durations->second) {
      if (labels[1] != stage.name || labels[2] != "completed") continue;
      stage.seconds += static_cast<double>(histogram.sum) / 1000;
      stage.count += histogram.count;
    }
    out.migration_seconds += stage.seconds;
  }
  return out;
}

std::map<std::string, std::uint64_t> starts_by_provider(const Totals& totals) {
  std::map<std::string, std::uint64_t> out;
  const auto found = totals.counters.find(std::string{started});
  if (found == totals.counters.end()) return out;
  for (const auto& [labels, count] : found->second) out[labels[0]] += count;
  return out;
}

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

metrics::Labels named(const std::array<std::string_view, 3>& names, const LabelValues& values) {
  metrics::Labels out;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!names[i].empty()) out.emplace_back(names[i], values[i]);
  return out;
}

void append_histogram(Exposition& page, const HistogramInfo& info, const Part& part) {
  const auto found = part.totals.histograms.find(std::string{info.name});
  if (found == part.totals.histograms.end()) return;
  for (const auto& [labels, histogram] : found->second) {
    std::vector<std::uint64_t> buckets(info.bounds.size() + 1);
    for (const auto& [index, count] : histogram.buckets) buckets.at(index) = count;
    page.histogram(with(named(info.labels, labels), part), info.bounds, buckets,
                   static_cast<double>(histogram.sum) / info.unit);
  }
}

void append_counter(Exposition& page, const CounterInfo& info, const Part& part) {
  const auto found = part.totals.counters.find(std::string{info.name});
  if (found == part.totals.counters.end()) return;
  for (const auto& [labels, count] : found->second)
    page.sample(with(named(info.labels, labels), part), count);
}

}  // namespace

void append_families(Exposition& page, const TotalsByPartition& all, double uptime_seconds) {
  const std::vector<Part> parts = parts_of(all);
  append_inherited(page, parts, uptime_seconds);
  for (const CounterInfo& info : counters) {
    page.family(info.name, Kind::counter, info.help);
    for (const Part& part : parts) append_counter(page, info, part);
  }
  page.family("godwit_migrations_active", Kind::gauge, "Migrations under way, by the stage they are in");
  for (const Part& part : parts)
    for (const auto& [key, count] : part.totals.active)
      page.sample(with({{"provider", key.first}, {"stage", key.second.empty() ? "none" : key.second}}, part),
                  count);
  page.family("godwit_migrations_stalled", Kind::gauge,
              "Migrations under way of which nothing was heard for too long");
  for (const Part& part : parts)
    for (const auto& [provider, count] : part.totals.stalled)
      page.sample(with({{"provider", provider}}, part), count);
  for (const HistogramInfo& info : histograms) {
    page.family(info.name, Kind::histogram, info.help);
    for (const Part& part : parts) append_histogram(page, info, part);
  }
}

std::string stats_json(const Totals& totals, double uptime_seconds) {
  const Inherited in = inherit(totals);
  json::Writer out;
  out.begin_object().key("migrations").begin_object();
  out.member("total", in.total)
      .member("succeeded", in.succeeded)
      .member("failed", in.failed)
      .member("active", in.active)
      .end_object();
  out.member("success_rate",
             std::isnan(in.success_percent) ? std::nullopt : std::optional{in.success_percent});
  out.key("durations").begin_object();
  for (const auto& stage : in.stages) out.member(std::string{stage.name} + "_total", stage.seconds);
  out.member("migration_total", in.migration_seconds);
  for (const auto& stage : in.stages)
    out.member(std::string{stage.name} + "_avg", average(stage.seconds, stage.count));
  out.member("migration_avg", average(in.migration_seconds, in.succeeded))
      .end_object()
      .key("bytes")
      .begin_object();
  for (const auto& stage : in.stages) out.member(stage.participle, stage.bytes);
  out.end_object().key("providers").begin_object();
  for (const auto& [provider, count] : starts_by_provider(totals)) out.member(provider, count);
  out.end_object().member("uptime", uptime_seconds).end_object();
  return out.take();
}

}  // namespace godwit::metrics_view
