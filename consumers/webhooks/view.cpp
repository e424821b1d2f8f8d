#include "consumers/webhooks/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

#include "common/cluster/list.h"
#include "common/http/client.h"
#include "common/http/parameters.h"
#include "common/json/fields.h"
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
  out.member("signed", !endpoint.secrets.empty()).member("allow_private", endpoint.allow_private);
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

std::string place_of(const DeliveryRow& row) { return fmt::format("{}.{}", row.event_ms, row.id); }

// Newest first; what is no cursor of ours sorts last.
bool newer(std::string_view a, std::string_view b) {
  DeliveryFilter first;
  DeliveryFilter second;
  if (!read_cursor(a, first)) return false;
  if (!read_cursor(b, second)) return true;
  return std::tie(first.before_ms, first.before_id) > std::tie(second.before_ms, second.before_id);
}

cluster::Page read_page(const sqlite::Readers& files, const DeliveryFilter& filter) {
  std::vector<DeliveryRow> rows;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    read_deliveries(db, filter, rows);
    return true;
  });
  std::sort(rows.begin(), rows.end(), [](const DeliveryRow& a, const DeliveryRow& b) {
    return std::tie(a.event_ms, a.id) > std::tie(b.event_ms, b.id);
  });
  const std::size_t count = std::min(rows.size(), static_cast<std::size_t>(filter.limit));
  cluster::Page page{.rows = {}, .more = count < rows.size()};
  for (std::size_t i = 0; i < count; ++i) {
    json::Writer out;
    begin_delivery(out, rows[i]);
    out.end_object();
    page.rows.push_back({place_of(rows[i]), out.take()});
  }
  return page;
}

// Deliveries owed, by endpoint; {"<endpoint>":n} between instances.
using Owed = std::map<std::string, std::int64_t>;

Owed owed_in(const sqlite::Readers& files) {
  Owed out;
  for (const auto& [name, figures] : figures_of(files)) out[name] = figures.owed;
  return out;
}

std::string owed_json(const Owed& owed) {
  json::Writer out;
  out.begin_object();
  for (const auto& [name, count] : owed) out.member(name, count);
  out.end_object();
  return out.take();
}

std::optional<Owed> read_owed(std::string_view json) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  Owed out;
  const rapidjson::Value& all = document;
  for (const auto& member : all.GetObject()) {
    if (!member.value.IsInt64()) return std::nullopt;
    out.emplace(member.name.GetString(), member.value.GetInt64());
  }
  return out;
}

}  // namespace

Result<Webhooks> Settings::projection(const std::string& data_directory) {
  if (!endpoints_path.empty()) {
    auto read = read_endpoints_file(endpoints_path);
    if (!read) return invalid_error("--endpoints " + read.error().message);
    if (auto known = remember_first_seen(data_directory, SystemClock{}.now(), *read); !known)
      return known.error();
    endpoints->set(std::move(*read));
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
  const auto limit = static_cast<std::size_t>(filter->limit);
  const auto read = [&](const sqlite::Readers& files) { return read_page(files, *filter); };
  return cluster::answer_list(context_.peers, context_.readers, request,
                              {.name = "deliveries", .rows_max = limit, .before = newer, .read = read});
}

Response WebhooksView::get(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const std::string& delivery_id = request.param("delivery_id");
  const auto read = [&](const sqlite::Readers& files) {
    cluster::Page page;
    files.for_each([&](const std::string&, sqlite::Database& db) {
      if (auto found = read_delivery_json(db, delivery_id)) page.rows.push_back({"", std::move(*found)});
      return page.rows.empty();
    });
    return page;
  };
  // An id does not tell the partition. Others are asked only when it is not here.
  if (!cluster::is_hop(request))
    if (auto here = read(context_.readers); !here.rows.empty())
      return http::json_response(std::move(here.rows.front().json));
  return cluster::answer_rows(context_.peers, context_.readers, request,
                              {.name = "rows", .rows_max = 1, .before = newer, .read = read},
                              [&](const cluster::Page& page, const cluster::Coverage& coverage) {
                                if (!page.rows.empty()) return http::json_response(page.rows.front().json);
                                if (!coverage.whole()) return cluster::not_whole(context_.peers, coverage);
                                return http::problem(404, fmt::format("delivery {} not found", delivery_id));
                              });
}

Response WebhooksView::list_endpoints(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  if (cluster::is_hop(request))
    return cluster::answer_hop(context_.readers, request, [](const sqlite::Readers& files) {
      return http::json_response(owed_json(owed_in(files)));
    });
  const auto gathered =
      cluster::gather_parts<Owed>(context_.peers, context_.readers, request.path, owed_in, read_owed);
  if (!gathered.coverage.known) return cluster::not_known(context_.peers);
  Owed owed;
  for (const Owed& part : gathered.parts)
    for (const auto& [name, count] : part) owed[name] += count;
  json::Writer out;
  out.begin_object().key("endpoints").begin_array();
  for (const Endpoint& endpoint : *endpoints_->now()) write_endpoint(out, endpoint, owed[endpoint.name]);
  out.end_array().member("count", static_cast<std::int64_t>(endpoints_->now()->size()));
  cluster::write_coverage(out, gathered.coverage);
  out.end_object();
  return http::json_response(out.take());
}

// Names that are not configured any more (or come from a foreign event) are one series, so that labels stay
// bounded.
void WebhooksView::append_metrics(metrics::Exposition& page) {
  std::map<std::string, EndpointFigures> shown;
  for (const Endpoint& endpoint : *endpoints_->now()) shown[endpoint.name];
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
