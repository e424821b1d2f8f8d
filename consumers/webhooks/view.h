// The webhooks view: deliveries and endpoints over HTTP, and the dispatcher, which lives as long as the loop
// does.
#pragma once

#include <memory>
#include <string>

#include "common/service/consumer.h"
#include "common/service/view.h"
#include "consumers/webhooks/dispatcher.h"
#include "consumers/webhooks/projection.h"

namespace godwit::webhooks {

// The flags of this program.
struct Settings {
  std::string endpoints_path;
  std::shared_ptr<EndpointBook> endpoints = std::make_shared<EndpointBook>();

  void add(service::Flags& flags) {
    flags.text("endpoints", endpoints_path,
               "YAML file that names the endpoints; without one nothing is sent");
  }
  // Reads the file; the endpoints are shared with the view from then on.
  Result<Webhooks> projection(const std::string& data_directory);
};

class WebhooksView final : public service::View {
 public:
  WebhooksView(const service::ViewContext& context, const Settings& settings)
      : context_(context),
        endpoints_(settings.endpoints),
        dispatcher_(context, settings.endpoints, [](const Endpoint&, const Attempt&) {}) {}

  // GET /api/v1/deliveries, /api/v1/deliveries/{delivery_id}, /api/v1/endpoints
  void routes(http::Router& router) override;
  void changed(const std::string&, const projection::Touched&) override { dispatcher_.wake(); }
  void start() override { dispatcher_.start(); }
  void stop() override { dispatcher_.stop(); }
  void append_metrics(metrics::Exposition& page) override;

 private:
  http::Response list(const http::Request& request) const;
  http::Response get(const http::Request& request) const;
  http::Response list_endpoints(const http::Request& request) const;

  service::ViewContext context_;
  std::shared_ptr<EndpointBook> endpoints_;
  Dispatcher dispatcher_;
};

}  // namespace godwit::webhooks
