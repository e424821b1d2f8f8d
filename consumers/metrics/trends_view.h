// GET /api/v1/trends?window=24h&step=1h: what happened in each step of the window that ends with the current
// step.
#pragma once

#include "common/cluster/gather.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/sqlite/readers.h"
#include "consumers/metrics/trends.h"

namespace godwit::metrics_view {

inline constexpr const char* trends_hop_path = "/internal/v1/trends";  // asked by other instances only
inline constexpr std::int64_t trend_points_max = 2000;

http::Response trends_answer(const http::Request& request, cluster::Peers& peers,
                             const sqlite::Readers& readers, Timestamp now);
http::Response trends_hop_answer(const http::Request& request, const sqlite::Readers& readers);

}  // namespace godwit::metrics_view
