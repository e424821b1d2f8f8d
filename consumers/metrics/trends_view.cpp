#include "consumers/metrics/trends_view.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "common/http/parameters.h"
#include "common/json/writer.h"

namespace godwit::metrics_view {
namespace {

using http::BadParameter;

constexpr std::int64_t far_s = std::numeric_limits<std::int32_t>::max() * std::int64_t{100};

// "90m", "24h", "7d" in seconds; nullopt for anything else.
std::optional<std::int64_t> duration_s(std::string_view text) {
  constexpr std::pair<char, std::int64_t> units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}};
  std::int32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || number < 1 || read.ptr + 1 != text.data() + text.size()) return std::nullopt;
  for (const auto& [unit, seconds] : units)
    if (*read.ptr == unit) return number * seconds;
  return std::nullopt;
}

Result<std::int64_t, BadParameter> query_duration(const http::Request& request, std::string_view name,
                                                  std::string_view fallback) {
  const auto text = http::query_text(request, name);
  if (!text) return text.error();
  const auto seconds = duration_s(text->value_or(std::string{fallback}));
  if (!seconds)
    return BadParameter{std::string{name}, fmt::format("{} is a number and s, m, h or d, as in 24h", name)};
  return *seconds;
}

Result<TrendWindow, BadParameter> window_of(const http::Request& request, Timestamp now) {
  if (auto unknown = http::unknown_parameter(request, {"window", "step"})) return *unknown;
  const auto window = query_duration(request, "window", "24h");
  if (!window) return window.error();
  const auto step = query_duration(request, "step", "1h");
  if (!step) return step.error();
  const Grain* grain = grain_of(*step);
  if (grain == nullptr) return BadParameter{"step", "step must be a multiple of 5m"};
  if (*window % *step != 0) return BadParameter{"window", "window must be a multiple of step"};
  if (*window / *step > trend_points_max)
    return BadParameter{"step", fmt::format("window and step make more than {} points", trend_points_max)};
  const std::int64_t kept_s = grain->step_s * grain->buckets_max;
  if (*window > kept_s)
    return BadParameter{"window", fmt::format("with this step no more than {}h are kept", kept_s / 3600)};
  const std::int64_t end_s = (to_unix_ms(now) / 1000 / *step + 1) * *step;
  return TrendWindow{end_s - *window, end_s, *step};
}

void write_point(json::Writer& out, std::int64_t start_s, const Happened& happened) {
  out.begin_object()
      .member("at", format_rfc3339(from_unix_ms(start_s * 1000)))
      .member("started", happened.started)
      .member("finished", happened.completed + happened.failed + happened.cancelled)
      .member("completed", happened.completed)
      .member("failed", happened.failed)
      .member("cancelled", happened.cancelled)
      .member("bytes", happened.bytes)
      .key("avg_duration_seconds");
  if (happened.timed > 0) {
    out.value(static_cast<double>(happened.completed_ms) / 1000 / static_cast<double>(happened.timed));
  } else {
    out.null();
  }
  out.end_object();
}

}  // namespace

http::Response trends_answer(const http::Request& request, cluster::Peers& peers,
                             const sqlite::Readers& readers, Timestamp now) {
  const auto window = window_of(request, now);
  if (!window) return http::bad_parameter(window.error());
  const auto gathered = cluster::gather_parts<Trends>(
      peers, readers,
      fmt::format("{}?begin={}&end={}&step={}", trends_hop_path, window->begin_s, window->end_s,
                  window->step_s),
      [&](const sqlite::Readers& files) { return read_trends(files, *window); }, trends_from_wire);
  if (!gathered.coverage.known) return cluster::not_known(peers);
  Trends sum;
  for (const Trends& part : gathered.parts)
    for (const auto& [start_s, happened] : part) sum[start_s] += happened;
  json::Writer out;
  out.begin_object()
      .member("window_seconds", window->end_s - window->begin_s)
      .member("step_seconds", window->step_s)
      .key("points")
      .begin_array();
  for (std::int64_t at_s = window->begin_s; at_s < window->end_s; at_s += window->step_s) {
    const auto found = sum.find(at_s);
    write_point(out, at_s, found == sum.end() ? Happened{} : found->second);
  }
  out.end_array();
  cluster::write_coverage(out, gathered.coverage);
  out.end_object();
  return http::json_response(out.take());
}

http::Response trends_hop_answer(const http::Request& request, const sqlite::Readers& readers) {
  if (!cluster::is_hop(request)) return http::problem(404, "this path is for other instances");
  const auto begin = http::query_integer(request, "begin", {.min = -far_s, .max = far_s});
  if (!begin) return http::bad_parameter(begin.error());
  const auto end = http::query_integer(request, "end", {.min = -far_s, .max = far_s});
  if (!end) return http::bad_parameter(end.error());
  const auto step = http::query_integer(request, "step", {.min = 1, .max = far_s, .fallback = 1});
  if (!step) return http::bad_parameter(step.error());
  if (grain_of(*step) == nullptr) return http::problem(400, "no grain divides the step");
  return cluster::answer_hop(readers, request, [&](const sqlite::Readers& files) {
    return http::json_response(trends_to_wire(read_trends(files, {*begin, *end, *step})));
  });
}

}  // namespace godwit::metrics_view
