#include "consumers/webhooks/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

#include "common/http/client.h"
#include "common/http/parameters.h"
#include "consumers/webhooks/delivery_rows.h"
#include "consumers/webhooks/endpoints_file.h"
#include "consumers/webhooks/first_seen.h"

namespace godwit::webhooks {
namespace {

using http::Request;
using http::Response;

constexpr std::int64_t limit_max = 1000;
constexpr std::int64_t limit_default = 100;

// A cursor names the last row of the page before: "<unix ms>.<delivery id>".
bool read_cursor(std::string_view cursor, DeliveryFilter& filter) {
  const std::size_t dot = cursor.find('.');
  if (dot == std::string_view::npos) return false;
  const char* end = cursor.data() + dot;
  if (std::from_chars(cursor.data(), end, filter.before_ms).ptr != end) return false;
  filter.before_id = cursor.substr(dot + 1);
  return !filter.before_id.empty();
}

Result<DeliveryFilter, http::BadParameter> read_filter(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {"status", "endpoint", "task_id", "limit", "cursor"}))
    return *unknown;
  auto status =
      http::query_one_of(request, "status", {"pending", "sending", "retrying", "succeeded", "exhausted"});
  if (!status) return status.error();
  auto endpoint = http::query_text(request, "endpoint", 256);
  if (!endpoint) return endpoint.error();
  auto task_id = http::query_text(request, "task_id", 256);
  if (!task_id) return task_id.error();
  auto limit = http::query_integer(request, "limit", {.min = 1, .max = limit_max, .fallback = limit_default});
  if (!limit) return limit.error();
  auto cursor = http::query_text(request, "cursor", 128);
  if (!cursor) return cursor.error();
  DeliveryFilter filter{.status = *status,
                        .endpoint = *endpoint,
                        .task_id = *task_id,
                        .before_ms = std::numeric_limits<std::int64_t>::max(),
                        .before_id = "",
                        .limit = *limit};
  if (*cursor && !read_cursor(**cursor, filter))
    return http::BadParameter{"cursor", "cursor must be the next_cursor of an answer before"};
  return filter;
}

void write_endpoint(json::Writer& out, const Endpoint& endpoint, std::int64_t owed) {
  out.begin_object().member("name", endpoint.name).member("type", to_string(endpoint.kind));
  out.member("url", http::origin_of(endpoint.url)).member("enabled", endpoint.enabled);
  out.member("on_start", endpoint.on_start).member("on_complete", endpoint.on_complete);
  out.member("on_error", endpoint.on_error).member("on_warning", endpoint.on_warning);
  out.member("signed", !endpoint.signing_key.empty()).member("allow_private", endpoint.allow_private);
  out.member("max_retries", endpoint.max_retries);
  out.member("retry_delay", static_cast<double>(endpoint.retry_delay.count()) / 1000);
  out.member("timeout", static_cast<double>(endpoint.timeout.count()) / 1000);
  out.member("active_from", format_rfc3339(endpoint.active_from)).member("owed", owed).end_object();
}

std::map<std::string, EndpointFigures> figures_of(const sqlite::Readers& readers) {
  std::map<std::string, EndpointFigures> out;
  readers.for_each([&](const std::string&, sqlite::Database& db) {
    read_figures(db, out);
    return true;
  });
  return out;
}

}  // namespace

Result<Webhooks> Settings::projection(const std::string& data_directory) {
  if (!endpoints_path.empty()) {
    auto read = read_endpoints_file(endpoints_path);
    if (!read) return invalid_error("--endpoints " + read.error().message);
    if (auto known = remember_first_seen(data_directory, SystemClock{}.now(), *read); !known)
      return known.error();
    endpoints = std::make_shared<const Endpoints>(std::move(*read));
  }
  return Webhooks{endpoints};
}

void WebhooksView::routes(http::Router& router) {
  router.get("/api/v1/deliveries", [this](const Request& request) { return list(request); });
  router.get("/api/v1/deliveries/{delivery_id}", [this](const Request& request) { return get(request); });
  router.get("/api/v1/endpoints", [this](const Request& request) { return list_endpoints(request); });
}

Response WebhooksView::list(const Request& request) const {
  const auto filter = read_filter(request);
  if (!filter) return http::bad_parameter(filter.error());
  std::vector<DeliveryRow> rows;
  context_.readers.for_each([&](const std::string&, sqlite::Database& db) {
    read_deliveries(db, *filter, rows);
    return true;
  });
  std::sort(rows.begin(), rows.end(), [](const DeliveryRow& a, const DeliveryRow& b) {
    return std::tie(a.event_ms, a.id) > std::tie(b.event_ms, b.id);
  });
  const bool more = rows.size() > static_cast<std::size_t>(filter->limit);
  if (more) rows.erase(rows.begin() + filter->limit, rows.end());
  json::Writer out;
  out.begin_object().key("deliveries").begin_array();
  for (const DeliveryRow& row : rows) {
    begin_delivery(out, row);
    out.end_object();
  }
  out.end_array().member("count", static_cast<std::int64_t>(rows.size()));
  out.member("next_cursor",
             more ? std::optional{fmt::format("{}.{}", rows.back().event_ms, rows.back().id)} : std::nullopt);
  out.end_object();
  return http::json_response(out.take());
}

Response WebhooksView::get(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const std::string& delivery_id = request.param("delivery_id");
  std::optional<std::string> found;
  context_.readers.for_each([&](const std::string&, sqlite::Database& db) {
    found = read_delivery_json(db, delivery_id);
    return !found;
  });
  if (!found) return http::problem(404, fmt::format("delivery {} not found", delivery_id));
  return http::json_response(std::move(*found));
}

Response WebhooksView::list_endpoints(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const auto figures = figures_of(context_.readers);
  json::Writer out;
  out.begin_object().key("endpoints").begin_array();
  for (const Endpoint& endpoint : *endpoints_) {
    const auto found = figures.find(endpoint.name);
    write_endpoint(out, endpoint, found == figures.end() ? 0 : found->second.owed);
  }
  out.end_array().member("count", static_cast<std::int64_t>(endpoints_->size())).end_object();
  return http::json_response(out.take());
}

// Names that are not configured any more (or come from a foreign event) are one series, so that labels stay
// bounded.
void WebhooksView::append_metrics(metrics::Exposition& page) {
  std::map<std::string, EndpointFigures> shown;
  for (const Endpoint& endpoint : *endpoints_) shown[endpoint.name];
  for (auto& [name, figures] : figures_of(context_.readers)) {
    EndpointFigures& sum = shown[shown.contains(name) ? name : "other"];
    sum.owed += figures.owed;
    for (const auto& [outcome, count] : figures.outcomes) sum.outcomes[outcome] += count;
  }
  page.family("godwit_webhook_deliveries_total", metrics::Kind::counter,
              "Deliveries that ended, by endpoint and outcome");
  for (auto& [name, figures] : shown)
    for (const char* outcome : {"succeeded", "exhausted"})
      page.sample({{"endpoint", name}, {"outcome", outcome}},
                  static_cast<std::uint64_t>(figures.outcomes[outcome]));
  page.family("godwit_webhook_queue_depth", metrics::Kind::gauge, "Deliveries owed to an endpoint");
  for (const auto& [name, figures] : shown)
    page.sample({{"endpoint", name}}, static_cast<std::uint64_t>(figures.owed));
}

}  // namespace godwit::webhooks
