// The dashboard's view: the figures as JSON, and the page that shows them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/service/consumer.h"
#include "common/service/view.h"
#include "consumers/dashboard/api_json.h"
#include "consumers/dashboard/feed.h"
#include "consumers/dashboard/lookup_view.h"
#include "consumers/dashboard/projection.h"
#include "consumers/dashboard/upstreams.h"

namespace godwit::dashboard {

struct Settings {
  std::int64_t stall_after_seconds = 300;
  // Where the other consumers answer; several: instances, tried in this order.
  std::vector<std::string> progress{}, audit{}, webhooks{}, metrics{};

  Upstreams::Urls upstreams() const;
  void add(service::Flags& flags) {
    flags.integer("stall-after", stall_after_seconds, 1, 86'400 * 30,
                  "Seconds without an event after which a running task is called stalled");
    flags.texts("progress-url", progress,
                "Where godwit-progress answers (http://127.0.0.1:8080); repeatable");
    flags.texts("audit-url", audit, "Where godwit-audit answers (http://127.0.0.1:8082); repeatable");
    flags.texts("webhooks-url", webhooks,
                "Where godwit-webhooks answers (http://127.0.0.1:8083); repeatable");
    flags.texts("metrics-url", metrics, "Where godwit-metrics answers (http://127.0.0.1:9090); repeatable");
  }
  Result<Dashboard> projection() const { return Dashboard{}; }
};

class DashboardView final : public service::View {
 public:
  DashboardView(const service::ViewContext& context, const Settings& settings);

  // Everything of README.md's table, and the page at /.
  void routes(http::Router& router) override;
  void changed(const std::string& store, const projection::Touched& touched) override {
    feed_.changed(store, touched);
  }
  void start() override { feed_.start(); }
  void stop() override { feed_.stop(); }

 private:
  using ReadOverview = std::function<Overview(const sqlite::Readers& files)>;
  using Tell = std::function<std::string(const Overview&, const Moment&, const cluster::Coverage&)>;

  // What `read` finds on all instances, added up, as `tell` tells it.
  http::Response figures(const http::Request& request, const ReadOverview& read, const Tell& tell) const;
  http::Response overview(const http::Request& request) const;
  http::Response status(const http::Request& request) const;
  http::Response trends(const http::Request& request) const;
  std::string live_figures() const;
  http::Response list(const http::Request& request, List list, std::string_view name,
                      std::int64_t limit_default) const;
  Moment moment() const;

  service::ViewContext context_;
  Settings settings_;
  Timestamp began_at_;
  Upstreams upstreams_;
  LookupView lookup_;
  Feed feed_;
};

}  // namespace godwit::dashboard
