#include "consumers/dashboard/view.h"

#include <algorithm>
#include <tuple>

#include "common/cluster/list.h"
#include "common/http/parameters.h"
#include "consumers/dashboard/page.h"
#include "consumers/dashboard/wire.h"

namespace godwit::dashboard {
namespace {

using http::Request;
using http::Response;

constexpr std::int64_t limit_max = 1000;
constexpr std::size_t cursor_bytes_max = 160;

// The figures are of this moment: no cache may keep them.
Response fresh(Response response) {
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

// Newest first, then by task id downwards; what is no cursor of ours sorts last.
bool newer(std::string_view a, std::string_view b) {
  const auto first = Cursor::parse(a);
  const auto second = Cursor::parse(b);
  if (!first || !second) return first.has_value() && !second;
  return std::tie(first->at_ms, first->task_id) > std::tie(second->at_ms, second->task_id);
}

}  // namespace

Moment DashboardView::moment() const {
  const Timestamp now = context_.clock.now();
  return {.now = now,
          .uptime = std::max(Millis{0}, now - began_at_),
          .stall_after = std::chrono::seconds{settings_.stall_after_seconds}};
}

void DashboardView::routes(http::Router& router) {
  router.get("/api/v1/dashboard", [this](const Request& request) { return fresh(overview(request)); });
  router.get("/api/v1/status", [this](const Request& request) { return fresh(status(request)); });
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

Response DashboardView::figures(const Request& request, const ReadOverview& read, const Tell& tell) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  if (cluster::is_hop(request))
    return cluster::answer_hop(context_.readers, request, [&](const sqlite::Readers& files) {
      return http::json_response(to_wire(read(files)));
    });
  auto gathered =
      cluster::gather_parts<Overview>(context_.peers, context_.readers, request.path, read, read_wire);
  if (!gathered.coverage.known) return cluster::not_known(context_.peers);
  const Moment at = moment();
  return http::json_response(tell(add_up(std::move(gathered.parts), at.now), at, gathered.coverage));
}

Response DashboardView::overview(const Request& request) const {
  return figures(
      request, [this](const sqlite::Readers& files) { return read_overview(files, context_.clock.now()); },
      dashboard_json);
}

Response DashboardView::status(const Request& request) const {
  return figures(
      request,
      [this](const sqlite::Readers& files) {
        return Overview{.figures = read_figures(files, context_.clock.now()),
                        .active = {},
                        .completed = {},
                        .failed = {}};
      },
      [](const Overview& all, const Moment& at, const cluster::Coverage& coverage) {
        return status_json(all.figures, at, coverage);
      });
}

Response DashboardView::list(const Request& request, List list, std::string_view name,
                             std::int64_t limit_default) const {
  const auto query = read_query(request, limit_default);
  if (!query) return http::bad_parameter(query.error());
  const Moment at = moment();
  const auto read = [&](const sqlite::Readers& files) {
    const Page page = read_page(files, list, query->limit, query->behind);
    cluster::Page out{.rows = {}, .more = page.more};
    for (const Row& row : page.rows)
      out.rows.push_back({Cursor{row.at_ms, row.task_id}.text(),
                          list == List::active ? active_json(row, at) : finished_json(row)});
    return out;
  };
  return fresh(cluster::answer_list(context_.peers, context_.readers, request,
                                    {.name = std::string{name},
                                     .rows_max = static_cast<std::size_t>(query->limit),
                                     .before = newer,
                                     .read = read}));
}

}  // namespace godwit::dashboard
