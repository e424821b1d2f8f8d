#include "consumers/webhooks/view.h"

#include <fmt/format.h>

#include "common/base/log.h"
#include "consumers/webhooks/outcome_event.h"

namespace godwit::webhooks {
namespace {

constexpr Millis read_wait{5'000};

}  // namespace

WebhooksView::WebhooksView(const service::ViewContext& context, const Settings& settings)
    : context_(context),
      endpoints_path_(settings.endpoints_path),
      endpoints_(settings.endpoints),
      config_(settings.endpoints, *settings.key, settings.open, context.publisher, context.clock),
      dispatcher_(context, settings.endpoints,
                  [this](const Endpoint& endpoint, const Attempt& last) {
                    config_.disable(endpoint.name, last.error.value_or("refused"), make_disabled_event(last));
                  }),
      deliveries_view_(context, dispatcher_),
      endpoints_view_(context, config_, dispatcher_) {
  if (settings.file) config_.apply(*settings.file);
}

void WebhooksView::routes(http::Router& router) {
  deliveries_view_.routes(router);
  endpoints_view_.routes(router);
}

void WebhooksView::start() {
  config_.start();
  if (!config_.wait_read(read_wait))
    log_warn("the endpoints have not been read yet; partitions wait for them");
  dispatcher_.start();
}

void WebhooksView::stop() {
  dispatcher_.stop();
  config_.stop();
}

void WebhooksView::reload() {
  if (endpoints_path_.empty()) return;
  auto file = read_endpoints_file(endpoints_path_);
  if (!file) return log_error("--endpoints {}; nothing is changed", file.error().message);
  config_.apply(std::move(*file));
  dispatcher_.wake();
}

// Names that are not configured any more (or come from a foreign event) are one series, so that labels stay
// bounded.
void WebhooksView::append_metrics(metrics::Exposition& page) {
  const auto configured = endpoints_->now();
  const auto health = dispatcher_.health();
  FiguresByEndpoint shown;
  for (const Endpoint& endpoint : *configured) shown[endpoint.name];
  for (const auto& [name, figures] : figures_of(context_.readers, {}))
    add(shown, {{shown.contains(name) ? name : "other", figures}});
  page.family("godwit_webhook_deliveries_total", metrics::Kind::counter,
              "Deliveries that ended, by endpoint and outcome");
  for (const auto& [name, figures] : shown) {
    page.sample({{"endpoint", name}, {"outcome", "succeeded"}},
                static_cast<std::uint64_t>(figures.succeeded));
    page.sample({{"endpoint", name}, {"outcome", "exhausted"}},
                static_cast<std::uint64_t>(figures.exhausted));
  }
  page.family("godwit_webhook_queue_depth", metrics::Kind::gauge, "Deliveries owed to an endpoint");
  for (const auto& [name, figures] : shown)
    page.sample({{"endpoint", name}}, static_cast<std::uint64_t>(figures.owed));
  page.family("godwit_webhook_endpoint_enabled", metrics::Kind::gauge, "Whether an endpoint gets anything");
  for (const Endpoint& endpoint : *configured)
    page.sample({{"endpoint", endpoint.name}}, std::uint64_t{endpoint.enabled});
  const auto each = [&](auto write) {
    for (const Endpoint& endpoint : *configured)
      if (const auto found = health.find(endpoint.name); found != health.end())
        write(endpoint.name, found->second);
  };
  page.family("godwit_webhook_breaker_open", metrics::Kind::gauge,
              "Whether an endpoint gets probes only, since it failed several times in a row");
  each([&](const std::string& name, const EndpointHealth& one) {
    page.sample({{"endpoint", name}}, std::uint64_t{one.breaker != Breaker::State::closed});
  });
  page.family("godwit_webhook_in_flight", metrics::Kind::gauge, "Requests under way to an endpoint");
  each([&](const std::string& name, const EndpointHealth& one) {
    page.sample({{"endpoint", name}}, std::uint64_t{one.in_flight});
  });
  page.family("godwit_webhook_tries_total", metrics::Kind::counter, "Tries made by this process, by outcome");
  each([&](const std::string& name, const EndpointHealth& one) {
    page.sample({{"endpoint", name}, {"outcome", "succeeded"}}, one.succeeded);
    page.sample({{"endpoint", name}, {"outcome", "failed"}}, one.failed);
    page.sample({{"endpoint", name}, {"outcome", "exhausted"}}, one.exhausted);
  });
  page.family("godwit_webhook_try_duration_seconds", metrics::Kind::histogram, "How long tries took");
  each([&](const std::string& name, const EndpointHealth& one) {
    page.histogram({{"endpoint", name}}, latency_seconds_bounds, one.latency_buckets,
                   one.latency_seconds_sum);
  });
}

}  // namespace godwit::webhooks
