// The series the metrics consumer folds by itself: names, labels and meaning, in one place. Durations are
// kept in milliseconds, so that sums are exact, and shown in seconds.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace godwit::metrics_view {

inline constexpr std::size_t labels_max = 4;

inline constexpr std::string_view started = "godwit_migrations_started_total";
inline constexpr std::string_view finished = "godwit_migrations_finished_total";
inline constexpr std::string_view bytes = "godwit_bytes_total";
inline constexpr std::string_view errors = "godwit_errors_total";
inline constexpr std::string_view retries = "godwit_retries_total";
inline constexpr std::string_view deliveries = "godwit_webhook_deliveries_total";
inline constexpr std::string_view stage_duration = "godwit_stage_duration_seconds";
inline constexpr std::string_view migration_duration = "godwit_migration_duration_seconds";
inline constexpr std::string_view precopy_iterations = "godwit_precopy_iterations";
inline constexpr std::string_view cutover_downtime = "godwit_cutover_downtime_seconds";
inline constexpr std::string_view delivery_latency = "godwit_webhook_delivery_latency_seconds";

enum class Shape { counter, histogram, gauge };

using LabelNames = std::array<std::string_view, labels_max>;  // empty: unused

// What a folded metric is. Views into literals, or into the rules it comes from.
struct Metric {
  std::string_view name;
  Shape shape = Shape::counter;
  std::string_view help;
  LabelNames labels = {};
  std::span<const double> bounds = {};  // of a histogram
  double unit = 1;                      // what a stored value is divided by to get the shown one
  std::size_t series_max = 500;         // in one partition; what comes beyond has every label `other`
};

inline constexpr std::array<Metric, 6> counters{{
    {started, Shape::counter, "Migrations started, once per attempt", {"provider", "mode"}},
    {finished, Shape::counter, "Migrations finished, once per attempt", {"provider", "mode", "status"}},
    {bytes, Shape::counter, "Bytes moved by stages that have ended", {"provider", "stage"}},
    {errors, Shape::counter, "Errors reported", {"provider", "stage", "class"}},
    {retries, Shape::counter, "Retries scheduled", {"provider"}},
    {deliveries, Shape::counter, "Outcomes of webhook delivery attempts", {"endpoint", "outcome"}},
}};

inline constexpr std::array<double, 13> duration_bounds{1,    5,    15,    30,    60,    300,   900,
                                                        3600, 7200, 18000, 36000, 86400, 172800};
inline constexpr std::array<double, 7> iteration_bounds{1, 2, 3, 5, 10, 20, 50};
inline constexpr std::array<double, 9> downtime_bounds{1, 5, 15, 30, 60, 120, 300, 900, 3600};
inline constexpr std::array<double, 9> latency_bounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30};

inline constexpr std::array<Metric, 5> histograms{{
    {stage_duration,
     Shape::histogram,
     "Duration of stages",
     {"provider", "stage", "status"},
     duration_bounds,
     1000},
    {migration_duration,
     Shape::histogram,
     "Duration of migrations from start to end",
     {"provider", "mode", "status"},
     duration_bounds,
     1000},
    {precopy_iterations,
     Shape::histogram,
     "Pre-copy rounds before the cutover",
     {"provider"},
     iteration_bounds},
    {cutover_downtime,
     Shape::histogram,
     "Downtime of the machine at the cutover",
     {"provider"},
     downtime_bounds,
     1000},
    {delivery_latency,
     Shape::histogram,
     "Time a webhook's receiver took to answer",
     {"endpoint", "outcome"},
     latency_bounds,
     1000},
}};

}  // namespace godwit::metrics_view
