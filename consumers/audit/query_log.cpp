#include "consumers/audit/query_log.h"

#include "common/cluster/hop.h"
#include "common/json/writer.h"

namespace godwit::audit {
namespace {

constexpr std::size_t query_bytes_max = 4096;

std::string json_text(std::string_view text) {
  json::Writer out;
  out.value(text);
  return out.take();
}

// The filter as it was asked, percent-encoded; none for a question without one.
std::vector<event::OtherMember> filter_of(const http::Request& request) {
  const std::string target = http::target_of(request);
  const std::size_t mark = target.find('?');
  if (mark == std::string::npos) return {};
  return {{"query", json_text(std::string_view{target}.substr(mark + 1, query_bytes_max))}};
}

}  // namespace

QueryLog::QueryLog(stream::Publisher& publisher, const Clock& clock, bool on)
    : log_(publisher, {.source = "/consumers/godwit-audit"}), clock_(clock), on_(on) {}

http::Response QueryLog::watch(const http::Request& request,
                               const std::function<http::Response(std::int64_t& rows)>& answer) {
  const Timestamp began = clock_.now();
  std::int64_t rows = 0;
  http::Response out = answer(rows);
  if (on_ && !out.stream && !cluster::is_hop(request))
    log_.record({.request = request,
                 .status = out.status,
                 .began = began,
                 .ended = clock_.now(),
                 .rows = rows,
                 .more = filter_of(request)});
  return out;
}

ExportEnded QueryLog::of_export(const http::Request& request, std::string_view format) {
  return [this, request, format = std::string{format}, began = clock_.now()](const ExportEnd& end) {
    if (!on_) return;
    auto more = filter_of(request);
    more.push_back({"format", json_text(format)});
    more.push_back({"whole", end.whole ? "true" : "false"});
    log_.record({.request = request,
                 .status = 200,
                 .began = began,
                 .ended = clock_.now(),
                 .rows = end.rows,
                 .more = std::move(more)});
  };
}

void QueryLog::append_metrics(metrics::Exposition& page) const {
  const auto stats = log_.stats();
  page.family("godwit_audit_access_events_total", metrics::Kind::counter,
              "audit.api_access events of questions to the audit, by what became of them");
  page.sample({{"outcome", "stored"}}, stats.stored);
  page.sample({{"outcome", "dropped"}}, stats.dropped);
  page.sample({{"outcome", "failed"}}, stats.failed);
}

}  // namespace godwit::audit
