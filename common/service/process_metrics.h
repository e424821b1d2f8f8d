// The counters every consumer serves about itself, as a page of metrics.
#pragma once

#include <string_view>

#include "common/http/server.h"
#include "common/metrics/exposition.h"
#include "common/projection/runner_stats.h"

namespace godwit::service {

// godwit_build_info, process_start_time_seconds.
void append_build(metrics::Exposition& page, std::string_view program, double start_unix_seconds);

// godwit_http_requests_total{route,status}, godwit_http_streams_open, godwit_http_streams_refused_total.
void append_http(metrics::Exposition& page, const http::ServerStats& stats);

// godwit_events_total, godwit_dead_letters_total, godwit_consumer_lag, godwit_consumer_position,
// godwit_commit_duration_seconds, godwit_event_age_seconds, godwit_ready.
void append_runner(metrics::Exposition& page, const projection::RunnerSnapshot& snapshot);

}  // namespace godwit::service
