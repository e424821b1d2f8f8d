#include "common/service/process_metrics.h"

#include <fmt/format.h>

#include "common/service/readiness.h"
#include "common/service/version.h"

namespace godwit::service {

using metrics::Kind;

void append_build(metrics::Exposition& page, std::string_view program, double start_unix_seconds) {
  page.family("godwit_build_info", Kind::gauge, "Version of the running program");
  page.sample({{"program", program}, {"version", version}}, std::uint64_t{1});
  page.family("process_start_time_seconds", Kind::gauge,
              "Start time of the process since unix epoch in seconds");
  page.sample({}, start_unix_seconds);
}

void append_http(metrics::Exposition& page, const http::ServerStats& stats) {
  page.family("godwit_http_requests_total", Kind::counter, "HTTP requests answered");
  for (const http::RequestCount& request : stats.requests_total)
    page.sample({{"route", request.route}, {"status", request.status}}, request.count);
  page.family("godwit_http_streams_open", Kind::gauge, "Live streams open now");
  page.sample({}, static_cast<double>(stats.streams_open) + static_cast<double>(stats.live.open));
  page.family("godwit_http_streams_refused_total", Kind::counter, "Streams turned away for want of room");
  page.sample({}, stats.streams_refused_total + stats.live.refused_total);
  page.family("godwit_http_live_streams_closed_total", Kind::counter,
              "Streams of the event loop, by why they ended");
  for (const auto& [reason, count] : stats.live.closed_total) page.sample({{"reason", reason}}, count);
}

void append_runner(metrics::Exposition& page, const projection::RunnerSnapshot& snapshot) {
  page.family("godwit_events_total", Kind::counter, "Events folded since the process started");
  for (const auto& [key, count] : snapshot.events)
    page.sample({{"type", key.first}, {"outcome", key.second}}, count);
  page.family("godwit_dead_letters_total", Kind::counter,
              "Records that were no valid event, since the process started");
  for (const auto& [key, count] : snapshot.dead_letters)
    page.sample({{"topic", key.first}, {"reason", key.second}}, count);
  page.family("godwit_expired_records_total", Kind::counter,
              "Records that expired in the log before they were folded, since the process started");
  for (const auto& [topic, count] : snapshot.expired) page.sample({{"topic", topic}}, count);
  page.family("godwit_consumer_lag", Kind::gauge, "Records in the log that are not folded yet");
  for (const auto& partition : snapshot.partitions)
    page.sample(
        {{"topic", partition.at.topic}, {"partition", fmt::format("{}", partition.at.partition.value())}},
        static_cast<std::uint64_t>(partition.lag()));
  page.family("godwit_consumer_position", Kind::gauge, "Next offset to fold");
  for (const auto& partition : snapshot.partitions)
    page.sample(
        {{"topic", partition.at.topic}, {"partition", fmt::format("{}", partition.at.partition.value())}},
        static_cast<double>(partition.next_offset));
  page.family("godwit_commit_duration_seconds", Kind::histogram,
              "Time of one commit of states, outputs and positions");
  page.histogram({}, projection::commit_seconds_bounds, snapshot.commit_buckets, snapshot.commit_seconds_sum);
  page.family("godwit_event_age_seconds", Kind::histogram,
              "Age of events when they were folded, since the process started");
  page.histogram({}, projection::event_age_seconds_bounds, snapshot.event_ages.buckets,
                 snapshot.event_ages.seconds_sum);
  page.family("godwit_ready", Kind::gauge, "1 when caught up and able to write");
  page.sample({}, std::uint64_t{reasons_not_ready(snapshot).empty() ? 1U : 0U});
}

}  // namespace godwit::service
