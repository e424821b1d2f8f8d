#include "consumers/progress/view.h"

#include <fmt/format.h>

#include "common/cluster/list.h"
#include "common/cluster/route.h"
#include "common/http/etag.h"
#include "common/http/parameters.h"
#include "common/json/writer.h"
#include "consumers/progress/plans.h"
#include "consumers/progress/state_json.h"

namespace godwit::progress {
namespace {

using http::Request;
using http::Response;

std::optional<Task> find(const sqlite::Readers& files, const std::string& task_id) {
  std::optional<Task> found;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    auto rows = db.prepare("SELECT state FROM task WHERE task_id = ? AND removed = 0");
    if (!rows.bind(task_id).step()) return true;
    found = read_store_json(rows.text(0));
    return false;
  });
  return found;
}

// What one instance tells another is never the same for long, and not looked at twice.
Response cacheable(const Request& request, Response response) {
  return cluster::is_hop(request) ? std::move(response) : http::with_etag(request, std::move(response));
}

Response not_found(const std::string& task_id) {
  return http::problem(404, fmt::format("task {} not found", task_id));
}

}  // namespace

ProgressView::ProgressView(const service::ViewContext& context, const Settings& settings)
    : context_(context),
      settings_(settings),
      weights_(settings.weights().value()),
      streams_(context_, settings_,
               [this](const std::string& id, const Task& task) { return shown(id, task); }) {}

void ProgressView::append_metrics(metrics::Exposition& page) {
  page.family("godwit_progress_watches", metrics::Kind::gauge,
              "Tasks, or choices of tasks, that live streams watch");
  page.sample({}, static_cast<std::uint64_t>(streams_.watches()));
}

void ProgressView::routes(http::Router& router) {
  router.get("/api/v1/progress", [this](const Request& request) { return list(request); });
  router.get("/api/v1/progress/{task_id}", [this](const Request& request) {
    return get(request, [this](const std::string& id, const Task& task) { return shown(id, task); });
  });
  router.get("/api/v1/progress/{task_id}/timeline",
             [this](const Request& request) { return get(request, timeline_json); });
  router.get("/api/v1/plans", [this](const Request& request) { return plans(request); });
  router.get("/api/v1/plans/{plan_id}", [this](const Request& request) { return plan(request); });
  streams_.routes(router);
}

bool ProgressView::stalled(const Task& task) const {
  const bool waiting =
      task.life.phase == projection::Phase::running || task.life.phase == projection::Phase::pending;
  return waiting &&
         context_.clock.now() - task.life.updated_at > std::chrono::seconds{settings_.stall_after_seconds};
}

std::string ProgressView::shown(const std::string& task_id, const Task& task) const {
  return api_json(task_id, task, stalled(task), weights_);
}

std::int64_t ProgressView::stalled_before_ms() const {
  return to_unix_ms(context_.clock.now()) - settings_.stall_after_seconds * 1000;
}

Response ProgressView::list(const Request& request) const {
  const auto question = read_task_question(request);
  if (!question) return http::bad_parameter(question.error());
  const auto show = [this](const std::string& id, const Task& task) { return shown(id, task); };
  return cacheable(
      request,
      cluster::answer_list(
          context_.peers, context_.readers, request,
          {.name = "tasks",
           .rows_max = static_cast<std::size_t>(question->limit),
           .before = [&](std::string_view a, std::string_view b) { return comes_before(*question, a, b); },
           .read =
               [&](const sqlite::Readers& files) {
                 return read_tasks(files, *question, stalled_before_ms(), show);
               }}));
}

Response ProgressView::get(const Request& request, const ShowTask& show) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const std::string& task_id = request.param("task_id");
  return cacheable(request, cluster::answer_key(context_.peers, context_.readers, request, task_id,
                                                [&](const sqlite::Readers& files) {
                                                  const auto found = find(files, task_id);
                                                  if (!found) return not_found(task_id);
                                                  return http::json_response(show(task_id, *found));
                                                }));
}

Response ProgressView::plans(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {"limit", "cursor"}))
    return http::bad_parameter(*unknown);
  const auto limit =
      http::query_integer(request, "limit", {.min = 1, .max = PlanQuestion::limit_max, .fallback = 100});
  if (!limit) return http::bad_parameter(limit.error());
  const auto cursor = http::query_text(request, "cursor", 256);
  if (!cursor) return http::bad_parameter(cursor.error());
  const PlanQuestion question{
      .after = cursor->value_or(""), .one = {}, .limit = *limit, .stalled_before_ms = stalled_before_ms()};
  return answer_plans(request, question, [](const PlanShares& all, const cluster::Coverage& coverage) {
    cluster::Page page{.rows = {}, .more = all.more};
    for (const auto& [id, plan] : all.plans) {
      json::Writer out;
      out.begin_object();
      write_plan(out, id, plan);
      out.end_object();
      page.rows.push_back({id, out.take()});
    }
    return cluster::list_response(page, coverage, "plans");
  });
}

Response ProgressView::plan(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const std::string& plan_id = request.param("plan_id");
  const PlanQuestion question{
      .after = {}, .one = plan_id, .limit = 1, .stalled_before_ms = stalled_before_ms()};
  return answer_plans(request, question, [&](const PlanShares& all, const cluster::Coverage& coverage) {
    if (all.plans.empty())
      return coverage.whole() ? http::problem(404, fmt::format("plan {} not found", plan_id))
                              : cluster::not_whole(context_.peers, coverage);
    json::Writer out;
    out.begin_object();
    write_plan(out, plan_id, all.plans.begin()->second);
    cluster::write_coverage(out, coverage);
    out.end_object();
    return http::json_response(out.take());
  });
}

Response ProgressView::answer_plans(
    const Request& request, const PlanQuestion& question,
    const std::function<Response(const PlanShares&, const cluster::Coverage&)>& compose) const {
  if (cluster::is_hop(request))
    return cluster::answer_hop(context_.readers, request, [&](const sqlite::Readers& files) {
      return http::json_response(to_wire(read_plans(files, question)));
    });
  auto gathered = cluster::gather_parts<PlanShares>(
      context_.peers, context_.readers, http::target_of(request),
      [&](const sqlite::Readers& files) { return read_plans(files, question); }, read_plan_wire);
  if (!gathered.coverage.known) return cluster::not_known(context_.peers);
  return cacheable(request, compose(add_up(gathered.parts, question.limit), gathered.coverage));
}

}  // namespace godwit::progress
