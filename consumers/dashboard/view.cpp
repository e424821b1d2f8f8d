#include "consumers/dashboard/view.h"

#include <algorithm>

#include "common/cluster/list.h"
#include "common/http/parameters.h"
#include "consumers/dashboard/caching.h"
#include "consumers/dashboard/lookup.h"
#include "consumers/dashboard/page.h"
#include "consumers/dashboard/paging.h"
#include "consumers/dashboard/pipeline.h"
#include "consumers/dashboard/wire.h"

namespace godwit::dashboard {
namespace {

using http::Request;
using http::Response;

std::vector<std::string> or_default(const std::vector<std::string>& urls, const char* usual) {
  return urls.empty() ? std::vector<std::string>{usual} : urls;
}

}  // namespace

Upstreams::Urls Settings::upstreams() const {
  return {{"progress", or_default(progress, "http://127.0.0.1:8080")},
          {"audit", or_default(audit, "http://127.0.0.1:8082")},
          {"webhooks", or_default(webhooks, "http://127.0.0.1:8083")},
          {"metrics", or_default(metrics, "http://127.0.0.1:9090")}};
}

Moment DashboardView::moment() const {
  const Timestamp now = context_.clock.now();
  return {.now = now,
          .uptime = std::max(Millis{0}, now - began_at_),
          .stall_after = std::chrono::seconds{settings_.stall_after_seconds}};
}

DashboardView::DashboardView(const service::ViewContext& context, const Settings& settings)
    : context_(context),
      settings_(settings),
      began_at_(context_.clock.now()),
      upstreams_(settings.upstreams()),
      lookup_(context_, [this] { return moment(); }),
      feed_(context_, {.rows =
                           [this](const sqlite::Readers& files, const Recent::Changes& changes) {
                             return changed_rows(files, changes, moment());
                           },
                       .figures = [this] { return live_figures(); }}) {}

void DashboardView::routes(http::Router& router) {
  const auto add = [&](const char* path, auto answer) {
    router.get(path, [answer](const Request& request) { return cacheable(request, answer(request)); });
  };
  add("/api/v1/dashboard", [this](const Request& request) { return overview(request); });
  add("/api/v1/status", [this](const Request& request) { return status(request); });
  add("/api/v1/trends", [this](const Request& request) { return trends(request); });
  add("/api/v1/active", [this](const Request& request) {
    return list(request, List::active, "active_tasks", active_shown_max);
  });
  add("/api/v1/completions",
      [this](const Request& request) { return list(request, List::completed, "completions", recent_max); });
  add("/api/v1/failures",
      [this](const Request& request) { return list(request, List::failed, "failures", recent_max); });
  add("/api/v1/pipeline", [this](const Request& request) {
    if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
    return http::json_response(pipeline_json(context_, upstreams_));
  });
  router.get("/api/v1/stream", [this](const Request& request) { return feed_.stream(request); });
  router.get("/api/v1/stream/changes", [this](const Request& request) { return feed_.changes(request); });
  lookup_.routes(router);
  add_upstreams(router, upstreams_);
  add_page(router);
}

Response DashboardView::figures(const Request& request, const ReadOverview& read, const Tell& tell) const {
  if (auto unknown = http::unknown_parameter(request, {"hours"})) return http::bad_parameter(*unknown);
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
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  return figures(
      request, [this](const sqlite::Readers& files) { return read_overview(files, context_.clock.now()); },
      dashboard_json);
}

Response DashboardView::status(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
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

Response DashboardView::trends(const Request& request) const {
  const auto hours = http::query_integer(
      request, "hours", {.min = 1, .max = std::int64_t{hours_read}, .fallback = std::int64_t{trend_hours}});
  if (!hours) return http::bad_parameter(hours.error());
  return figures(
      request,
      [this](const sqlite::Readers& files) {
        Overview all;
        all.figures = read_figures(files, context_.clock.now());
        return all;
      },
      [&](const Overview& all, const Moment&, const cluster::Coverage& coverage) {
        return trends_json(all.figures, static_cast<std::size_t>(*hours), coverage);
      });
}

// Of all instances, as an answer to nobody's question.
std::string DashboardView::live_figures() const {
  const auto read = [this](const sqlite::Readers& files) {
    Overview all;
    all.figures = read_figures(files, context_.clock.now());
    return all;
  };
  auto gathered =
      cluster::gather_parts<Overview>(context_.peers, context_.readers, "/api/v1/status", read, read_wire);
  const Moment at = moment();
  return figures_json(add_up(std::move(gathered.parts), at.now).figures, at);
}

Response DashboardView::list(const Request& request, List list, std::string_view name,
                             std::int64_t limit_default) const {
  const auto query = read_page_query(request, limit_default, {"limit", "cursor"});
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
  return cluster::answer_list(context_.peers, context_.readers, request,
                              {.name = std::string{name},
                               .rows_max = static_cast<std::size_t>(query->limit),
                               .before = newer,
                               .read = read});
}

}  // namespace godwit::dashboard
