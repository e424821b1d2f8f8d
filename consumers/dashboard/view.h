// The dashboard's view: the figures as JSON, and the page that shows them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/service/consumer.h"
#include "common/service/view.h"
#include "consumers/dashboard/api_json.h"
#include "consumers/dashboard/projection.h"

namespace godwit::dashboard {

struct Settings {
  std::int64_t stall_after_seconds = 300;

  void add(service::Flags& flags) {
    flags.integer("stall-after", stall_after_seconds, 1, 86'400 * 30,
                  "Seconds without an event after which a running task is called stalled");
  }
  Result<Dashboard> projection() const { return Dashboard{}; }
};

class DashboardView final : public service::View {
 public:
  DashboardView(const service::ViewContext& context, const Settings& settings)
      : context_(context), settings_(settings), began_at_(context.clock.now()) {}

  // GET /api/v1/dashboard, /status, /active, /completions, /failures (all under /api/v1), and the page at /.
  void routes(http::Router& router) override;

 private:
  using ReadOverview = std::function<Overview(const sqlite::Readers& files)>;
  using Tell = std::function<std::string(const Overview&, const Moment&, const cluster::Coverage&)>;

  // What `read` finds on all instances, added up, as `tell` tells it.
  http::Response figures(const http::Request& request, const ReadOverview& read, const Tell& tell) const;
  http::Response overview(const http::Request& request) const;
  http::Response status(const http::Request& request) const;
  http::Response list(const http::Request& request, List list, std::string_view name,
                      std::int64_t limit_default) const;
  Moment moment() const;

  service::ViewContext context_;
  Settings settings_;
  Timestamp began_at_;
};

}  // namespace godwit::dashboard
