#include "common/service/access_log.h"

#include <algorithm>

#include "common/base/uuid.h"
#include "common/http/encoding.h"
#include "common/stream/event_record.h"

namespace godwit::service {
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
  out.subject = std::string{access.caller};
  out.type = event::Type::audit_api_access;
  out.type_name = event::full_type(out.type);
  out.time = access.began;
  out.data.user = out.subject;
  out.data.auth = access.by_token ? "bearer" : "none";
  out.data.ip_address = cut(access.request.remote_address, text_bytes_max);
  if (const auto agent = access.request.header("User-Agent"))
    out.data.user_agent = cut(*agent, user_agent_bytes_max);
  out.data.method = cut(access.request.method, text_bytes_max);
  out.data.path = cut(access.request.path, path_bytes_max);
  out.data.status_code = access.status;
  out.data.rows = access.rows;
  out.data.other = access.more;
  out.data.latency_ms = std::max<std::int64_t>(0, (access.ended - access.began).count());
  return out;
}

void AccessLog::record(const Access& access) {
  if (counts_->pending.load() >= options_.pending_max) return drop();
  counts_->pending.fetch_add(1);
  const Status taken = publisher_.publish(stream::encode(to_event(access, options_.source)),
                                          [counts = counts_](const Result<stream::Placed>& result) {
                                            counts->pending.fetch_sub(1);
                                            (result ? counts->stored : counts->failed).fetch_add(1);
                                          });
  if (taken) return;
  counts_->pending.fetch_sub(1);
  drop();
}

AccessLogStats AccessLog::stats() const {
  return {
      .stored = counts_->stored.load(), .dropped = counts_->dropped.load(), .failed = counts_->failed.load()};
}

}  // namespace godwit::service
