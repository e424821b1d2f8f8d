// The gateway's HTTP view: POST /api/v1/events, /healthz, /readyz and /metrics.
#pragma once

#include <functional>
#include <string>

#include "common/base/result.h"
#include "common/http/router.h"
#include "common/metrics/exposition.h"
#include "producers/gateway/ingest.h"

namespace godwit::gateway {

struct RoutesContext {
  Ingest& ingest;                           // outlives the router
  std::function<Status()> kafka_reachable;  // asked for /readyz; must answer within seconds
  std::function<void(metrics::Exposition&)> append_process = {};  // what every program says about itself
};

http::Router make_routes(const RoutesContext& context);

}  // namespace godwit::gateway
