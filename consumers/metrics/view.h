// The metrics view: GET /metrics (with the program's own), /stats, /health.
#pragma once

#include "common/service/consumer.h"
#include "common/service/view.h"
#include "consumers/metrics/projection.h"

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
  void append_metrics(metrics::Exposition& page) override;

 private:
  double uptime_seconds() const;
  Timestamp stalled_before() const {
    return context_.clock.now() - std::chrono::seconds{settings_.stall_after_seconds};
  }

  service::ViewContext context_;
  Settings settings_;
  Timestamp started_;
};

}  // namespace godwit::metrics_view
