// The metrics view: GET /metrics (with the program's own), /stats, /health. Totals are those of all instances
// together, or 503: a total that lacks a partition would look like a counter that was reset.
#pragma once

#include "common/service/consumer.h"
#include "common/service/view.h"
#include "consumers/metrics/projection.h"
#include "consumers/metrics/totals.h"

namespace godwit::metrics_view {

struct Settings {
  std::int64_t stall_after_seconds = 900;

  void add(service::Flags& flags) {
    flags.integer("stall-after", stall_after_seconds, 1, 86'400 * 30,
                  "Seconds without an event after which an active migration counts as stalled");
  }
  Result<Metrics> projection() const { return Metrics{}; }
};

class MetricsView final : public service::View {
 public:
  MetricsView(const service::ViewContext& context, const Settings& settings)
      : context_(context), settings_(settings), started_(context.clock.now()) {}

  void routes(http::Router& router) override;
  std::optional<http::Response> answer_metrics(const http::Request& request,
                                               metrics::Exposition& page) override;

 private:
  // Of all instances, or the response that says why there are none.
  Result<Totals, http::Response> whole_totals() const;
  http::Response answer_totals(const http::Request& request) const;
  double uptime_seconds() const;
  Timestamp stalled_before() const {
    return context_.clock.now() - std::chrono::seconds{settings_.stall_after_seconds};
  }

  service::ViewContext context_;
  Settings settings_;
  Timestamp started_;
};

}  // namespace godwit::metrics_view
