// Endpoints over HTTP: what they are, how they fare, and changing them. No secret is ever told.
#pragma once

#include "common/cluster/gather.h"
#include "common/http/router.h"
#include "common/service/view.h"
#include "consumers/webhooks/dispatcher.h"
#include "consumers/webhooks/endpoint_config.h"
#include "consumers/webhooks/figures.h"

namespace godwit::webhooks {

// GET, POST /api/v1/endpoints; GET, PUT, DELETE /api/v1/endpoints/{name};
// POST /api/v1/endpoints/{name}/enable, /api/v1/endpoints/{name}/test
// Safe from every thread; what it refers to outlives it.
class EndpointsView {
 public:
  EndpointsView(const service::ViewContext& context, EndpointConfig& config, Dispatcher& dispatcher)
      : context_(context), config_(config), dispatcher_(dispatcher) {}

  void routes(http::Router& router);

 private:
  http::Response list(const http::Request& request) const;
  http::Response get(const http::Request& request) const;
  http::Response create(const http::Request& request);
  http::Response replace(const http::Request& request);
  http::Response remove(const http::Request& request);
  http::Response enable(const http::Request& request);
  http::Response test(const http::Request& request);
  http::Response store(const http::Request& request, const EndpointSettings& settings, int status);
  cluster::Gathered<FiguresByEndpoint> gather(const http::Request& request) const;

  service::ViewContext context_;
  EndpointConfig& config_;
  Dispatcher& dispatcher_;
};

}  // namespace godwit::webhooks
