#include "common/service/rebuild.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "common/base/log.h"
#include "common/json/writer.h"
#include "common/kafka/assigned_source.h"

namespace godwit::service {
namespace {

using projection::RebuildSnapshot;
using projection::RebuildState;

std::string_view word(RebuildState state) {
  switch (state) {
    case RebuildState::folding:
    case RebuildState::swapping:
      return "folding";
    case RebuildState::swapped:
      return "swapped";
    case RebuildState::stopped:
      return "stopped";
  }
  return "";
}

projection::Rebuild::OpenSource open_kafka(const RebuildServiceOptions& options) {
  return [client = options.client, expiring = options.expiring_topics](
             stream::AssignmentListener& listener) -> Result<std::unique_ptr<stream::ManualSource>> {
    auto source = kafka::AssignedSource::create(client, {.expiring_topics = expiring}, listener);
    if (!source) return source.error();
    return std::unique_ptr<stream::ManualSource>{std::move(*source)};
  };
}

}  // namespace

std::string rebuild_json(const RebuildSnapshot& snapshot) {
  json::Writer out;
  out.begin_object().member("running", snapshot.running).key("partitions").begin_array();
  for (const auto& each : snapshot.stores) {
    out.begin_object().member("store", each.store).member("state", word(each.state));
    if (!each.reason.empty()) out.member("reason", each.reason);
    out.member("position", each.position).member("end", each.end).end_object();
  }
  out.end_array().member("events", snapshot.events).member("events_per_second", snapshot.events_per_second);
  out.member("eta_seconds", snapshot.eta_seconds).end_object();
  return out.take();
}

std::string rebuild_line(const RebuildSnapshot& snapshot) {
  const auto count = [&](RebuildState state) {
    return std::count_if(snapshot.stores.begin(), snapshot.stores.end(),
                         [&](const auto& each) { return each.state == state; });
  };
  const auto stopped = count(RebuildState::stopped);
  std::string out =
      fmt::format("rebuild: {} of {} done{}, {} events", count(RebuildState::swapped), snapshot.stores.size(),
                  stopped > 0 ? fmt::format(", {} stopped", stopped) : "", snapshot.events);
  if (snapshot.running) out += fmt::format(", {:.0f}/s", snapshot.events_per_second);
  if (snapshot.eta_seconds) out += fmt::format(", {} s left", *snapshot.eta_seconds);
  return out;
}

RebuildService::RebuildService(const RebuildServiceOptions& options, projection::StoreFactory& stores,
                               std::vector<projection::Runner*> live, const Clock& clock)
    : options_(options),
      clock_(clock),
      rebuild_(options.rebuild, stores, std::move(live), open_kafka(options), clock),
      on_terminal_(isatty(STDERR_FILENO) == 1) {}

RebuildService::~RebuildService() { stop(); }

void RebuildService::routes(http::Router& router) {
  router.get("/api/v1/rebuild", [this](const http::Request&) { return http::json_response(json()); });
  router.post("/api/v1/rebuild", [this](const http::Request&) {
    if (!rebuild_.start(false)) return http::problem(409, "a rebuild runs already; see GET /api/v1/rebuild");
    {
      const std::lock_guard lock{mutex_};
      asked_ = true;
    }
    wake_.notify_all();
    return http::json_response(json(), 202);
  });
}

void RebuildService::append_metrics(metrics::Exposition& page) const {
  const RebuildSnapshot snapshot = rebuild_.snapshot();
  page.family("godwit_rebuild_running", metrics::Kind::gauge, "1 while a rebuild runs");
  page.sample({}, std::uint64_t{snapshot.running ? 1U : 0U});
  page.family("godwit_rebuild_events_total", metrics::Kind::counter,
              "Records folded by rebuilds since the process started");
  page.sample({}, snapshot.events);
  page.family("godwit_rebuild_lag_records", metrics::Kind::gauge,
              "Records in the log that the rebuild has not folded");
  for (const auto& each : snapshot.stores)
    page.sample({{"store", each.store}, {"state", std::string{word(each.state)}}},
                static_cast<double>(std::max<std::int64_t>(each.end - each.position, 0)));
}

void RebuildService::start(bool everything) {
  if (everything) rebuild_.start(true);
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

void RebuildService::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void RebuildService::run(const std::stop_token& stop) {
  bool was_busy = false;
  while (!stop.stop_requested()) {
    const bool busy = rebuild_.turn();
    if (busy || was_busy) tell(!busy);
    was_busy = busy;
    if (busy) continue;
    std::unique_lock lock{mutex_};
    wake_.wait_for(lock, stop, options_.idle_look, [this] { return asked_; });
    asked_ = false;
  }
}

void RebuildService::tell(bool last) {
  const Timestamp now = clock_.now();
  if (!last && now - told_at_ < (on_terminal_ ? options_.tell_terminal : options_.tell_log)) return;
  told_at_ = now;
  const std::string line = rebuild_line(rebuild_.snapshot());
  if (on_terminal_ && !last) {
    fmt::print(stderr, "\r\x1b[K{}", line);
    std::fflush(stderr);
  } else {
    if (on_terminal_) fmt::print(stderr, "\r\x1b[K");
    log_info("{}", line);
  }
}

}  // namespace godwit::service
