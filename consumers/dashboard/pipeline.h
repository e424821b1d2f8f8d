// Pipeline: how each consumer is, as its own words say (/readyz, /api/v1/cluster, /metrics), in one answer.
#pragma once

#include <string>

#include "common/http/router.h"
#include "common/service/view.h"
#include "consumers/dashboard/upstreams.h"

namespace godwit::dashboard {

// {"consumers":[{"name","url","reachable","ready","reasons","lag","events_total","dead_letters_total","cluster"}]}.
// A consumer that does not answer is there, with "reachable":false and the reason. Counters are of the
// instance asked; whoever wants a rate asks twice.
std::string pipeline_json(const service::ViewContext& context, Upstreams& upstreams);

// The sum of a metric's samples on a page of the Prometheus text format.
double sum_of(std::string_view page, std::string_view metric);

}  // namespace godwit::dashboard
