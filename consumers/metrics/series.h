// The series the metrics consumer folds: names, labels and meaning, in one place. Durations are kept in
// milliseconds, so that sums are exact, and shown in seconds.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace godwit::metrics_view {

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

struct CounterInfo {
  std::string_view name;
  std::string_view help;
  std::array<std::string_view, 3> labels;  // empty: unused
};

inline constexpr std::array<CounterInfo, 6> counters{{
    {started, "Migrations started, once per attempt", {"provider", "mode", ""}},
    {finished, "Migrations finished, once per attempt", {"provider", "mode", "status"}},
    {bytes, "Bytes moved by stages that have ended", {"provider", "stage", ""}},
    {errors, "Errors reported", {"provider", "stage", "class"}},
    {retries, "Retries scheduled", {"provider", "", ""}},
    {deliveries, "Outcomes of webhook delivery attempts", {"endpoint", "outcome", ""}},
}};

inline constexpr std::array<double, 13> duration_bounds{1,    5,    15,    30,    60,    300,   900,
                                                        3600, 7200, 18000, 36000, 86400, 172800};
inline constexpr std::array<double, 7> iteration_bounds{1, 2, 3, 5, 10, 20, 50};
inline constexpr std::array<double, 9> downtime_bounds{1, 5, 15, 30, 60, 120, 300, 900, 3600};

struct HistogramInfo {
  std::string_view name;
  std::string_view help;
  std::array<std::string_view, 3> labels;
  std::span<const double> bounds;
  double unit;  // what a stored value is divided by to get the shown one
};

inline constexpr std::array<HistogramInfo, 4> histograms{{
    {stage_duration, "Duration of stages", {"provider", "stage", "status"}, duration_bounds, 1000},
    {migration_duration,
     "Duration of migrations from start to end",
     {"provider", "mode", "status"},
     duration_bounds,
     1000},
    {precopy_iterations, "Pre-copy rounds before the cutover", {"provider", "", ""}, iteration_bounds, 1},
    {cutover_downtime, "Downtime of the machine at the cutover", {"provider", "", ""}, downtime_bounds, 1000},
}};

}  // namespace godwit::metrics_view
