// The gateway's own counters as a page of metrics.
#pragma once

#include "common/metrics/exposition.h"
#include "producers/gateway/gate.h"
#include "producers/gateway/ingest.h"

namespace godwit::gateway {

// godwit_gateway_events_total, ..._requests_waiting, ..._idempotency_*.
void append_ingest(metrics::Exposition& page, const Ingest& ingest);
// godwit_gateway_requests_total by status, ..._refused_total by reason.
void append_gate(metrics::Exposition& page, const GateStats& stats);
// godwit_gateway_access_events_total.
void append_access_log(metrics::Exposition& page, const AccessLogStats& stats);
// godwit_gateway_tokens, godwit_gateway_token_reloads_total.
void append_tokens(metrics::Exposition& page, const TokenFile& tokens);

}  // namespace godwit::gateway
