#include "consumers/metrics/view.h"

#include "consumers/metrics/totals.h"

namespace godwit::metrics_view {

double MetricsView::uptime_seconds() const {
  return std::chrono::duration<double>(context_.clock.now() - started_).count();
}

void MetricsView::routes(http::Router& router) {
  router.get("/stats", [this](const http::Request&) {
    return http::json_response(stats_json(read_totals(context_.readers, stalled_before()), uptime_seconds()));
  });
  router.get("/health", [](const http::Request&) { return http::json_response(R"({"status":"ok"})"); });
}

void MetricsView::append_metrics(metrics::Exposition& page) {
  append_families(page, read_totals(context_.readers, stalled_before()), uptime_seconds());
}

}  // namespace godwit::metrics_view
