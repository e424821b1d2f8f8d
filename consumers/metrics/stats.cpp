// GET /stats, and the figures it shares with the inherited names.
#include <cmath>
#include <optional>

#include "common/json/writer.h"
#include "consumers/metrics/inherited.h"
#include "consumers/metrics/series.h"

namespace godwit::metrics_view {

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
