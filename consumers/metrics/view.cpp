#include "consumers/metrics/view.h"

#include "common/cluster/gather.h"
#include "common/http/parameters.h"

namespace godwit::metrics_view {
namespace {

constexpr const char* totals_path = "/internal/v1/totals";  // asked by other instances only

}  // namespace

double MetricsView::uptime_seconds() const {
  return std::chrono::duration<double>(context_.clock.now() - started_).count();
}

Result<Totals, http::Response> MetricsView::whole_totals() const {
  const auto read = [this](const sqlite::Readers& files) { return read_totals(files, stalled_before()); };
  const auto gathered =
      cluster::gather_parts<Totals>(context_.peers, context_.readers, totals_path, read, read_wire);
  if (!gathered.coverage.whole() || !gathered.coverage.behind.empty())
    return cluster::not_whole(context_.peers, gathered.coverage);
  Totals out;
  for (const Totals& part : gathered.parts) out += part;
  return out;
}

http::Response MetricsView::answer_totals(const http::Request& request) const {
  if (!cluster::is_hop(request)) return http::problem(404, "this path is for other instances");
  return cluster::answer_hop(context_.readers, request, [this](const sqlite::Readers& files) {
    return http::json_response(to_wire(read_totals(files, stalled_before())));
  });
}

void MetricsView::routes(http::Router& router) {
  router.get("/stats", [this](const http::Request&) {
    const auto totals = whole_totals();
    return totals ? http::json_response(stats_json(*totals, uptime_seconds())) : totals.error();
  });
  router.get("/health", [](const http::Request&) { return http::json_response(R"({"status":"ok"})"); });
  router.get(totals_path, [this](const http::Request& request) { return answer_totals(request); });
}

std::optional<http::Response> MetricsView::answer_metrics(const http::Request& request,
                                                          metrics::Exposition& page) {
  const auto scope = http::query_one_of(request, "scope", {"instance", "cluster"});
  if (!scope) return http::bad_parameter(scope.error());
  if (*scope == "instance") {
    append_families(page, read_totals_by_partition(context_.readers, stalled_before()), uptime_seconds());
    return std::nullopt;
  }
  const auto totals = whole_totals();
  if (!totals) return totals.error();
  append_families(page, {{"", *totals}}, uptime_seconds());
  return std::nullopt;
}

}  // namespace godwit::metrics_view
