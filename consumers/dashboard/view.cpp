#include "consumers/dashboard/view.h"

#include <algorithm>

#include "common/http/parameters.h"
#include "consumers/dashboard/page.h"

namespace godwit::dashboard {
namespace {

using http::Request;
using http::Response;

constexpr std::int64_t limit_max = 1000;
constexpr std::size_t cursor_bytes_max = 160;

// The figures are of this moment: no cache may keep them.
Response fresh(std::string json) {
  Response response = http::json_response(std::move(json));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

struct PageQuery {
  std::int64_t limit = 0;
  std::optional<Cursor> behind;
};

Result<PageQuery, http::BadParameter> read_query(const Request& request, std::int64_t limit_default) {
  if (auto unknown = http::unknown_parameter(request, {"limit", "cursor"})) return *unknown;
  auto limit = http::query_integer(request, "limit", {.min = 1, .max = limit_max, .fallback = limit_default});
  if (!limit) return limit.error();
  auto text = http::query_text(request, "cursor", cursor_bytes_max);
  if (!text) return text.error();
  PageQuery query{*limit, std::nullopt};
  if (!text->has_value()) return query;
  query.behind = Cursor::parse(**text);
  if (!query.behind)
    return http::BadParameter{"cursor", "parameter 'cursor' must be the next_cursor of the page before"};
  return query;
}

}  // namespace

Moment DashboardView::moment() const {
  const Timestamp now = context_.clock.now();
  return {.now = now,
          .uptime = std::max(Millis{0}, now - began_at_),
          .stall_after = std::chrono::seconds{settings_.stall_after_seconds}};
}

void DashboardView::routes(http::Router& router) {
  router.get("/api/v1/dashboard", [this](const Request& request) {
    if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
    const Moment at = moment();
    return fresh(dashboard_json(read_overview(context_.readers, at.now), at));
  });
  router.get("/api/v1/status", [this](const Request& request) {
    if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
    const Moment at = moment();
    return fresh(status_json(read_figures(context_.readers, at.now), at));
  });
  router.get("/api/v1/active", [this](const Request& request) {
    return list(request, List::active, "active_tasks", active_shown_max);
  });
  router.get("/api/v1/completions", [this](const Request& request) {
    return list(request, List::completed, "completions", recent_max);
  });
  router.get("/api/v1/failures",
             [this](const Request& request) { return list(request, List::failed, "failures", recent_max); });
  add_page(router);
}

Response DashboardView::list(const Request& request, List list, std::string_view name,
                             std::int64_t limit_default) const {
  const auto query = read_query(request, limit_default);
  if (!query) return http::bad_parameter(query.error());
  const Page page = read_page(context_.readers, list, query->limit, query->behind);
  return fresh(list == List::active ? active_json(page, moment()) : finished_json(name, page));
}

}  // namespace godwit::dashboard
