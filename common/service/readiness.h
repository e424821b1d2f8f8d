// Whether a consumer's answers can be trusted now, and if not, why: a pure function of what its runner has
// seen.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/projection/runner_stats.h"

namespace godwit::service {

// Empty when ready. Otherwise one sentence per reason.
std::vector<std::string> reasons_not_ready(const projection::RunnerSnapshot& snapshot);

// {"status":"ready"|"not ready","reasons":[...],"lag":n,"partitions":n,"rebuild":{...}}. The last is the
// given JSON; left out when that is empty. A rebuild makes nothing unready: what serves is as right as
// before.
std::string readiness_json(const projection::RunnerSnapshot& snapshot, std::string_view rebuild = {});

}  // namespace godwit::service
