#include "consumers/progress/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "common/cluster/list.h"
#include "common/cluster/route.h"
#include "common/http/parameters.h"
#include "common/http/sse.h"
#include "common/json/writer.h"
#include "consumers/progress/state_json.h"

namespace godwit::progress {
namespace {

using http::Request;
using http::Response;

constexpr std::int64_t limit_max = 1000;
constexpr std::int64_t limit_default = 100;
constexpr Millis stream_retry{3'000};

struct Filter {
  std::optional<std::string> status;
  std::optional<std::string> provider;
  std::string after;  // task ids sort as bytes; the page begins behind this one
  std::int64_t limit = limit_default;
};

Result<Filter, http::BadParameter> read_filter(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {"status", "provider", "limit", "cursor"}))
    return *unknown;
  auto status = http::query_one_of(request, "status",
                                   {"pending", "exporting", "converting", "uploading", "running", "paused",
                                    "retrying", "completed", "failed", "cancelled"});
  if (!status) return status.error();
  auto provider = http::query_text(request, "provider", 64);
  if (!provider) return provider.error();
  auto limit = http::query_integer(request, "limit", {.min = 1, .max = limit_max, .fallback = limit_default});
  if (!limit) return limit.error();
  auto cursor = http::query_text(request, "cursor", 128);
  if (!cursor) return cursor.error();
  return Filter{*status, *provider, cursor->value_or(""), *limit};
}

struct Row {
  std::string task_id;
  Task task;
};

void read_page(sqlite::Database& db, const Filter& filter, std::vector<Row>& out) {
  auto rows = db.prepare(
      "SELECT task_id, state FROM task WHERE task_id > ?1 AND removed = 0 AND (?2 IS NULL OR status = ?2) "
      "AND (?3 IS NULL OR provider = ?3) "
      "ORDER BY task_id LIMIT ?4");
  rows.bind(filter.after, filter.status, filter.provider, filter.limit + 1);
  while (rows.step()) out.push_back({std::string{rows.text(0)}, read_store_json(rows.text(1))});
}

// The first rows of these files behind the cursor, and one more to tell that there is more.
std::vector<Row> read_rows(const sqlite::Readers& files, const Filter& filter) {
  std::vector<Row> rows;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    read_page(db, filter, rows);
    return true;
  });
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.task_id < b.task_id; });
  return rows;
}

struct Found {
  Task task;
  std::string log_position;
};

std::optional<Found> find(const sqlite::Readers& files, const std::string& task_id) {
  std::optional<Found> found;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    auto rows = db.prepare("SELECT state, log_position FROM task WHERE task_id = ? AND removed = 0");
    if (!rows.bind(task_id).step()) return true;
    found = Found{read_store_json(rows.text(0)), std::string{rows.text(1)}};
    return false;
  });
  return found;
}

Response not_found(const std::string& task_id) {
  return http::problem(404, fmt::format("task {} not found", task_id));
}

}  // namespace

void ProgressView::routes(http::Router& router) {
  router.get("/api/v1/progress", [this](const Request& request) { return list(request); });
  router.get("/api/v1/progress/{task_id}", [this](const Request& request) { return get(request); });
  router.get("/api/v1/stream/{task_id}", [this](const Request& request) { return stream(request); });
}

bool ProgressView::stalled(const Task& task) const {
  const bool waiting =
      task.life.phase == projection::Phase::running || task.life.phase == projection::Phase::pending;
  return waiting &&
         context_.clock.now() - task.life.updated_at > std::chrono::seconds{settings_.stall_after_seconds};
}

Response ProgressView::list(const Request& request) const {
  const auto filter = read_filter(request);
  if (!filter) return http::bad_parameter(filter.error());
  const auto read = [&](const sqlite::Readers& files) {
    const std::vector<Row> rows = read_rows(files, *filter);
    const std::size_t count = std::min(rows.size(), static_cast<std::size_t>(filter->limit));
    cluster::Page page{.rows = {}, .more = count < rows.size()};
    for (std::size_t i = 0; i < count; ++i)
      page.rows.push_back({rows[i].task_id, api_json(rows[i].task_id, rows[i].task, stalled(rows[i].task))});
    return page;
  };
  return cluster::answer_list(context_.peers, context_.readers, request,
                              {.name = "tasks",
                               .rows_max = static_cast<std::size_t>(filter->limit),
                               .before = std::less<>{},
                               .read = read});
}

Response ProgressView::get(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const std::string& task_id = request.param("task_id");
  return cluster::answer_key(
      context_.peers, context_.readers, request, task_id, [&](const sqlite::Readers& files) {
        const auto found = find(files, task_id);
        if (!found) return not_found(task_id);
        return http::json_response(api_json(task_id, found->task, stalled(found->task)));
      });
}

Response ProgressView::stream(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {"last_event_id"}))
    return http::bad_parameter(*unknown);
  return cluster::answer_key_with_stream(
      context_.peers, context_.readers, request, request.param("task_id"),
      [&](const sqlite::Readers& files) { return begin_stream(request, files); });
}

Response ProgressView::begin_stream(const Request& request, const sqlite::Readers& files) {
  const std::string& task_id = request.param("task_id");
  const auto found = find(files, task_id);
  if (!found) return not_found(task_id);
  // A browser sends the header when it connects again; the parameter serves clients that cannot set it.
  const std::string last_id{
      request.header("Last-Event-ID").value_or(request.query("last_event_id").value_or(""))};
  if (found->log_position == last_id && projection::is_terminal(found->task.life.phase))
    return {.status = 204};  // nothing will follow: do not connect again
  return http::sse_response(
      [this, task_id, last_id](http::StreamWriter& out) { run_stream(out, task_id, last_id); });
}

void ProgressView::run_stream(http::StreamWriter& out, const std::string& task_id, std::string last_id) {
  const auto watch = watchers_.watch(task_id);  // before the first read, so that no change falls between
  if (!out.send(http::sse_retry(stream_retry))) return;
  while (!out.stopping()) {
    const auto found = find(context_.readers, task_id);
    if (!found) return;  // gone, or its partition has moved: who connects again finds it there
    if (found->log_position != last_id) {
      last_id = found->log_position;
      const std::string data = api_json(task_id, found->task, stalled(found->task));
      if (!out.send(http::sse_frame({.event = "progress", .id = last_id, .data = data}))) return;
    }
    if (projection::is_terminal(found->task.life.phase)) return;
    // What changes within the interval comes as one, the newest, when it is over; what changes after it comes
    // at once. The interval ends early only when the server stops.
    watch->pause(settings_.stream_interval_min, out.stop_token());
    const bool told = watch->wait(settings_.heartbeat, out.stop_token());
    if (!told && !out.stopping() && !out.send(http::sse_heartbeat())) return;
  }
}

}  // namespace godwit::progress
