// The metrics view: GET /metrics (with the program's own), /stats, /health, /api/v1/trends. Totals are those
// of all instances together, or 503: a total that lacks a partition would look like a counter that was reset.
#pragma once

#include "common/service/consumer.h"
#include "common/service/view.h"
#include "consumers/metrics/catalogue.h"
#include "consumers/metrics/projection.h"
#include "consumers/metrics/totals.h"

namespace godwit::metrics_view {

struct Settings {
  std::int64_t stall_after_seconds = 900;
  std::int64_t late_after_seconds = 86'400;
  std::string rules_file = {};
  std::shared_ptr<const RuleSet> rules = nullptr;  // of the file; null: none

  void add(service::Flags& flags);
  // `invalid`, with the line, for a file of rules that cannot be used.
  Result<Metrics> projection();
};

class MetricsView final : public service::View {
 public:
  MetricsView(const service::ViewContext& context, const Settings& settings)
      : context_(context), settings_(settings), catalogue_(settings.rules), started_(context.clock.now()) {}

  void routes(http::Router& router) override;
  std::optional<http::Response> answer_metrics(const http::Request& request,
                                               metrics::Exposition& page) override;

 private:
  // Of all instances, or the response that says why there are none.
  Result<Totals, http::Response> whole_totals() const;
  http::Response answer_totals(const http::Request& request) const;
  PageTime page_time() const;
  Limits limits() const;

  service::ViewContext context_;
  Settings settings_;
  Catalogue catalogue_;
  Timestamp started_;
};

}  // namespace godwit::metrics_view
