#include "producers/gateway/access_log.h"

#include <algorithm>

#include "common/base/uuid.h"
#include "common/http/encoding.h"
#include "common/stream/event_record.h"

namespace godwit::gateway {
namespace {

// Bounds of the catalogue, which counts code points; bytes are never fewer.
constexpr std::size_t user_agent_bytes_max = 512;
constexpr std::size_t path_bytes_max = 4096;
constexpr std::size_t text_bytes_max = 256;

std::string cut(std::string_view text, std::size_t bytes_max) {
  std::string out = http::printable(text.substr(0, bytes_max));
  return out.substr(0, bytes_max);  // a character cut in two becomes "?", and never longer
}

}  // namespace

event::Event to_event(const Access& access, const std::string& source) {
  event::Event out;
  out.id = make_uuid_v7(access.ended);
  out.source = source;
  out.subject = access.caller;
  out.type = event::Type::audit_api_access;
  out.type_name = event::full_type(out.type);
  out.time = access.began;
  out.data.user = access.caller;
  out.data.auth = access.by_token ? "bearer" : "none";
  out.data.ip_address = cut(access.request.remote_address, text_bytes_max);
  if (const auto agent = access.request.header("User-Agent"))
    out.data.user_agent = cut(*agent, user_agent_bytes_max);
  out.data.method = cut(access.request.method, text_bytes_max);
  out.data.path = cut(access.request.path, path_bytes_max);
  out.data.status_code = access.status;
  out.data.latency_ms = std::max<std::int64_t>(0, (access.ended - access.began).count());
  return out;
}

AccessLog::AccessLog(stream::Publisher& publisher, const Clock& clock, const AccessLogOptions& options)
    : publisher_(publisher),
      options_(options),
      turned_back_({.events_per_second = options.turned_back_per_second_max,
                    .burst_events = options.turned_back_per_second_max},
                   clock) {}

void AccessLog::record(const Access& access) {
  if ((access.turned_back && turned_back_.admit({})) || counts_->pending.load() >= options_.pending_max) {
    counts_->dropped.fetch_add(1);
    return;
  }
  counts_->pending.fetch_add(1);
  const Status taken = publisher_.publish(stream::encode(to_event(access, options_.source)),
                                          [counts = counts_](const Result<stream::Placed>& result) {
                                            counts->pending.fetch_sub(1);
                                            (result ? counts->stored : counts->failed).fetch_add(1);
                                          });
  if (taken) return;
  counts_->pending.fetch_sub(1);
  counts_->dropped.fetch_add(1);
}

AccessLogStats AccessLog::stats() const {
  return {
      .stored = counts_->stored.load(), .dropped = counts_->dropped.load(), .failed = counts_->failed.load()};
}

}  // namespace godwit::gateway
