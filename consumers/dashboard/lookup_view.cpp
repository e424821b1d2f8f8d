#include "consumers/dashboard/lookup_view.h"

#include "common/cluster/list.h"
#include "common/json/writer.h"
#include "consumers/dashboard/caching.h"
#include "consumers/dashboard/lookup.h"
#include "consumers/dashboard/paging.h"
#include "consumers/dashboard/plans.h"

namespace godwit::dashboard {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t search_bytes_max = 128;
constexpr std::int64_t found_max = 20;
constexpr std::int64_t notes_shown = 50;

// A list by task id, up to 1000 rows.
cluster::ListSpec by_task_id(std::size_t rows_max,
                             std::function<cluster::Page(const sqlite::Readers&)> read) {
  return {.name = "tasks", .rows_max = rows_max, .before = std::less<>{}, .read = std::move(read)};
}

}  // namespace

void LookupView::routes(http::Router& router) const {
  const auto add = [&](const char* path, Response (LookupView::*answer)(const Request&) const) {
    router.get(path, [this, answer](const Request& request) {
      return cacheable(request, (this->*answer)(request));
    });
  };
  add("/api/v1/tasks", &LookupView::tasks);
  add("/api/v1/plans", &LookupView::plans);
  add("/api/v1/plans/{plan_id}", &LookupView::plan);
  add("/api/v1/search", &LookupView::search);
  add("/api/v1/notifications", &LookupView::notifications);
}

Response LookupView::tasks(const Request& request) const {
  const auto query = read_page_query(request, 100, {"list", "plan_id", "limit", "cursor"});
  if (!query) return http::bad_parameter(query.error());
  const auto name =
      http::query_one_of(request, "list", {"pending", "active", "completed", "failed", "cancelled"});
  if (!name) return http::bad_parameter(name.error());
  const List list = list_from(name->value_or("active")).value_or(List::active);
  const Moment at = moment_();
  const auto read = [&](const sqlite::Readers& files) {
    const Page page = read_page(files, list, query->limit, query->behind);
    cluster::Page out{.rows = {}, .more = page.more};
    for (const Row& row : page.rows)
      out.rows.push_back({Cursor{row.at_ms, row.task_id}.text(), task_json(row, at)});
    return out;
  };
  return cluster::answer_list(
      context_.peers, context_.readers, request,
      {.name = "tasks", .rows_max = static_cast<std::size_t>(query->limit), .before = newer, .read = read});
}

Response LookupView::plans(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {"plan_id"})) return http::bad_parameter(*unknown);
  const auto only = request.query("plan_id");
  const auto read = [&](const sqlite::Readers& files) { return read_plans(files, only); };
  if (cluster::is_hop(request))
    return cluster::answer_hop(context_.readers, request, [&](const sqlite::Readers& files) {
      return http::json_response(plans_json(read(files)));
    });
  auto gathered = cluster::gather_parts<Plans>(context_.peers, context_.readers, http::target_of(request),
                                               read, read_plans_wire);
  if (!gathered.coverage.known) return cluster::not_known(context_.peers);
  Plans all;
  for (const Plans& part : gathered.parts) add_up(all, part);
  json::Writer out;
  out.begin_object().key("plans").begin_array();
  for (const auto& [plan_id, plan] : all) write_plan(out, plan_id, plan);
  out.end_array().member("count", static_cast<std::int64_t>(all.size()));
  cluster::write_coverage(out, gathered.coverage);
  out.end_object();
  return http::json_response(out.take());
}

// Its tasks; what is known of the plan itself is asked for with /api/v1/plans?plan_id=.
Response LookupView::plan(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {"limit", "cursor"}))
    return http::bad_parameter(*unknown);
  const auto limit = http::query_integer(request, "limit", {.min = 1, .max = limit_max, .fallback = 1000});
  if (!limit) return http::bad_parameter(limit.error());
  const auto after = http::query_text(request, "cursor", search_bytes_max);
  if (!after) return http::bad_parameter(after.error());
  return cluster::answer_list(context_.peers, context_.readers, request,
                              by_task_id(static_cast<std::size_t>(*limit), [&](const sqlite::Readers& files) {
                                return tasks_of_plan(files, request.param("plan_id"), after->value_or(""),
                                                     *limit, moment_());
                              }));
}

Response LookupView::search(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {"q", "limit"})) return http::bad_parameter(*unknown);
  const auto text = http::query_text(request, "q", search_bytes_max);
  if (!text) return http::bad_parameter(text.error());
  if (!text->has_value()) return http::bad_parameter({"q", "parameter 'q' is required"});
  const auto limit = http::query_integer(request, "limit", {.min = 1, .max = 100, .fallback = found_max});
  if (!limit) return http::bad_parameter(limit.error());
  return cluster::answer_list(context_.peers, context_.readers, request,
                              by_task_id(static_cast<std::size_t>(*limit), [&](const sqlite::Readers& files) {
                                return find_tasks(files, **text, *limit, moment_());
                              }));
}

// `seen` is the browser's read mark: the place of the newest note it has shown.
Response LookupView::notifications(const Request& request) const {
  const auto query = read_page_query(request, notes_shown, {"limit", "cursor", "seen"});
  if (!query) return http::bad_parameter(query.error());
  const auto seen = http::query_text(request, "seen", search_bytes_max);
  if (!seen) return http::bad_parameter(seen.error());
  if (*seen && !Cursor::parse(**seen))
    return http::bad_parameter({"seen", "parameter 'seen' must be the read_mark of an answer"});
  const auto read = [&](const sqlite::Readers& files) {
    return read_notes(files, query->behind, query->limit);
  };
  return cluster::answer_rows(
      context_.peers, context_.readers, request,
      {.name = "notifications",
       .rows_max = static_cast<std::size_t>(query->limit),
       .before = newer,
       .read = read},
      [&](const cluster::Page& page, const cluster::Coverage& coverage) {
        std::int64_t unread = 0;
        for (const cluster::Row& row : page.rows) unread += !*seen || newer(row.place, **seen) ? 1 : 0;
        json::Writer out;
        out.begin_object().key("notifications").begin_array();
        for (const cluster::Row& row : page.rows) out.raw(row.json);
        out.end_array().member("count", static_cast<std::int64_t>(page.rows.size())).member("unread", unread);
        out.key("read_mark");
        page.rows.empty() ? out.null() : out.value(page.rows.front().place);
        out.key("next_cursor");
        page.more ? out.value(page.rows.back().place) : out.null();
        cluster::write_coverage(out, coverage);
        out.end_object();
        return http::json_response(out.take());
      });
}

}  // namespace godwit::dashboard
