#include "consumers/dashboard/api_json.h"

#include <algorithm>

#include "common/json/writer.h"
#include "consumers/dashboard/tables.h"

namespace godwit::dashboard {
namespace {

constexpr std::int64_t busy_above = 10;
constexpr double degraded_below = 90;
constexpr std::int64_t default_stages = 3;

std::optional<std::string> maybe_time(const std::optional<Timestamp>& time) {
  return time ? std::optional{format_rfc3339(*time)} : std::nullopt;
}

double seconds(Millis time) { return std::chrono::duration<double>(time).count(); }

void write_active_members(json::Writer& out, const Row& row, const Moment& moment) {
  const Task& task = row.task;
  out.member("task_id", row.task_id).member("vm_name", task.vm_name).member("provider", task.provider);
  out.member("status", status_name(task)).member("attempt", task.life.attempt);
  out.member("start_time", maybe_time(task.life.began_at));
  out.member("updated_time", format_rfc3339(task.life.updated_at))
      .member("current_stage", task.current_stage);
  const auto planned = task.plan.empty() ? default_stages : static_cast<std::int64_t>(task.plan.size());
  out.member("total_stages", task.total_stages.value_or(planned))
      .member("stage_index", task.stage_index.value_or(0));
  out.member("percentage", percentage(task));
  const auto stage = task.stages.find(task.current_stage);
  const auto figures = stage == task.stages.end() ? projection::StageShare{} : stage->second;
  out.member("bytes_done", figures.bytes_done).member("bytes_total", figures.bytes_total);
  const bool waits = task.life.phase == projection::Phase::running;
  out.member("stalled", waits && moment.now - task.life.updated_at > moment.stall_after);
  out.member_if("error", task.error);
}

void write_active(json::Writer& out, const Row& row, const Moment& moment) {
  out.begin_object();
  write_active_members(out, row, moment);
  out.end_object();
}

// A worker may tell of any time; what 64 bits of nanoseconds cannot hold is told as the most they can.
std::int64_t nanoseconds_of(Millis duration) {
  constexpr auto most = std::chrono::floor<Millis>(std::chrono::nanoseconds::max());  // 292 years
  return std::chrono::nanoseconds{std::min(duration, most)}.count();
}

void write_summary(json::Writer& out, const Row& row) {
  const Task& task = row.task;
  const auto took = duration(task);
  out.begin_object()
      .member("task_id", row.task_id)
      .member("vm_name", task.vm_name)
      .member("provider", task.provider);
  out.member("status", status_name(task));
  out.member("duration", took ? std::optional{nanoseconds_of(*took)} : std::nullopt);
  out.member("timestamp", maybe_time(task.life.ended_at));
  if (task.life.phase == projection::Phase::failed) out.member_if("error", task.error);
  out.end_object();
}

void write_actives(json::Writer& out, const Page& page, const Moment& moment) {
  out.begin_array();
  for (const Row& row : page.rows) write_active(out, row, moment);
  out.end_array();
}

void write_summaries(json::Writer& out, const Page& page) {
  out.begin_array();
  for (const Row& row : page.rows) write_summary(out, row);
  out.end_array();
}

void write_metrics(json::Writer& out, const Figures& figures) {
  const Counters& total = figures.total;
  out.begin_object()
      .member("total_migrations", total.started)
      .member("successful_migrations", total.succeeded);
  out.member("failed_migrations", total.failed).member("cancelled_migrations", total.cancelled);
  out.member("active_migrations", figures.active).member("pending_migrations", figures.pending);
  out.member("success_rate", success_rate(total)).member("avg_migration_time", average_seconds(total));
  out.member("total_bytes_processed", total.bytes).end_object();
}

void write_providers(json::Writer& out, const Figures& figures) {
  out.begin_object();
  for (const auto& [name, counters] : figures.providers) {
    out.key(name).begin_object().member("total_migrations", counters.started);
    out.member("successful_migrations", counters.succeeded).member("failed_migrations", counters.failed);
    out.member("success_rate", success_rate(counters))
        .member("avg_duration", average_seconds(counters))
        .end_object();
  }
  out.end_object();
}

// Of the last `hours` hours.
template <class Value>
void write_trend(json::Writer& out, std::string_view name, const Figures& figures, Value value,
                 std::size_t hours = trend_hours) {
  out.key(name).begin_array();
  for (std::size_t i = hours_read - hours; i < hours_read; ++i) out.value(value(i, figures.hours[i]));
  out.end_array();
}

void write_trends(json::Writer& out, const Figures& figures) {
  out.begin_object();
  write_trend(out, "migrations_per_hour", figures,
              [](std::size_t, const Counters& hour) { return hour.started; });
  write_trend(out, "avg_duration_trend", figures,
              [](std::size_t, const Counters& hour) { return average_seconds(hour); });
  write_trend(out, "success_rate_trend", figures,
              [](std::size_t, const Counters& hour) { return success_rate(hour); });
  write_trend(out, "labels", figures, [&figures](std::size_t i, const Counters&) {
    return format_rfc3339(start_of_hour(figures.first_hour + static_cast<std::int64_t>(i)));
  });
  out.end_object();
}

void write_status(json::Writer& out, const Figures& figures, const Moment& moment) {
  out.member("status", health(figures)).member("uptime", seconds(moment.uptime));
  out.member("timestamp", format_rfc3339(moment.now));
}

}  // namespace

std::string trends_json(const Figures& figures, std::size_t hours, const cluster::Coverage& coverage) {
  json::Writer out;
  out.begin_object();
  const auto write = [&](std::string_view name, auto value) {
    write_trend(out, name, figures, value, hours);
  };
  write("labels", [&figures](std::size_t i, const Counters&) {
    return format_rfc3339(start_of_hour(figures.first_hour + static_cast<std::int64_t>(i)));
  });
  write("started", [](std::size_t, const Counters& hour) { return hour.started; });
  write("succeeded", [](std::size_t, const Counters& hour) { return hour.succeeded; });
  write("failed", [](std::size_t, const Counters& hour) { return hour.failed; });
  write("bytes", [](std::size_t, const Counters& hour) { return hour.bytes; });
  write("avg_duration", [](std::size_t, const Counters& hour) { return average_seconds(hour); });
  write("success_rate", [](std::size_t, const Counters& hour) { return success_rate(hour); });
  cluster::write_coverage(out, coverage);
  out.end_object();
  return out.take();
}

std::string_view health(const Figures& figures) {
  const auto rate = success_rate(figures.total);
  if (rate && *rate < degraded_below) return "degraded";
  return figures.active > busy_above ? "busy" : "healthy";
}

std::string dashboard_json(const Overview& overview, const Moment& moment,
                           const cluster::Coverage& coverage) {
  json::Writer out;
  out.begin_object();
  write_status(out, overview.figures, moment);
  out.key("metrics");
  write_metrics(out, overview.figures);
  out.key("active_tasks");
  write_actives(out, overview.active, moment);
  out.key("recent_completions");
  write_summaries(out, overview.completed);
  out.key("recent_failures");
  write_summaries(out, overview.failed);
  out.key("provider_stats");
  write_providers(out, overview.figures);
  out.key("trends");
  write_trends(out, overview.figures);
  cluster::write_coverage(out, coverage);
  out.end_object();
  return out.take();
}

std::string status_json(const Figures& figures, const Moment& moment, const cluster::Coverage& coverage) {
  json::Writer out;
  out.begin_object();
  write_status(out, figures, moment);
  cluster::write_coverage(out, coverage);
  out.end_object();
  return out.take();
}

std::string active_json(const Row& row, const Moment& moment) {
  json::Writer out;
  write_active(out, row, moment);
  return out.take();
}

std::string task_json(const Row& row, const Moment& moment) {
  const Task& task = row.task;
  const auto took = duration(task);
  json::Writer out;
  out.begin_object().member("list", to_string(list_of(task)));
  write_active_members(out, row, moment);
  out.member("end_time", maybe_time(task.life.ended_at));
  out.member("duration", took ? std::optional{nanoseconds_of(*took)} : std::nullopt);
  if (!task.plan_id.empty()) out.member("plan_id", task.plan_id);
  out.end_object();
  return out.take();
}

std::string figures_json(const Figures& figures, const Moment& moment) {
  json::Writer out;
  out.begin_object();
  write_status(out, figures, moment);
  out.key("metrics");
  write_metrics(out, figures);
  out.end_object();
  return out.take();
}

std::string finished_json(const Row& row) {
  json::Writer out;
  write_summary(out, row);
  return out.take();
}

}  // namespace godwit::dashboard
