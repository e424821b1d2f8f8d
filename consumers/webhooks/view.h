// The webhooks view: deliveries and endpoints over HTTP, and the dispatcher and the configuration, which live
// as long as the loop does.
#pragma once

#include <memory>
#include <string>

#include "common/service/view.h"
#include "consumers/webhooks/deliveries_view.h"
#include "consumers/webhooks/dispatcher.h"
#include "consumers/webhooks/endpoints_view.h"
#include "consumers/webhooks/settings.h"

namespace godwit::webhooks {

class WebhooksView final : public service::View {
 public:
  WebhooksView(const service::ViewContext& context, const Settings& settings);

  void routes(http::Router& router) override;
  void changed(const std::string&, const projection::Touched&) override { dispatcher_.wake(); }
  // Waits a moment for the endpoints, which the fold needs; without them partitions wait.
  void start() override;
  void stop() override;
  // Reads the file of endpoints again; a mistake in it is logged and changes nothing.
  void reload() override;
  void append_metrics(metrics::Exposition& page) override;

 private:
  service::ViewContext context_;
  std::string endpoints_path_;
  std::shared_ptr<EndpointBook> endpoints_;
  EndpointConfig config_;
  Dispatcher dispatcher_;
  DeliveriesView deliveries_view_;
  EndpointsView endpoints_view_;
};

}  // namespace godwit::webhooks
