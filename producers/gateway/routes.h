// The gateway's HTTP view: POST /api/v1/events, /openapi.json, /healthz, /readyz and /metrics.
#pragma once

#include <functional>
#include <string>

#include "common/base/result.h"
#include "common/http/router.h"
#include "common/metrics/exposition.h"
#include "producers/gateway/gate.h"
#include "producers/gateway/ingest.h"

namespace godwit::gateway {

// What it refers to outlives the router.
struct RoutesContext {
  Ingest& ingest;
  Gate& gate;
  std::function<Status()> kafka_reachable;  // asked for /readyz; must answer within seconds
  std::function<void(metrics::Exposition&)> append_process = {};  // what only main knows
};

http::Router make_routes(const RoutesContext& context);

}  // namespace godwit::gateway
