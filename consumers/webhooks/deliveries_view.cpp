#include "consumers/webhooks/deliveries_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

#include "common/cluster/list.h"
#include "common/http/parameters.h"
#include "common/json/fields.h"

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
  if (auto unknown = http::unknown_parameter(
          request, {"status", "endpoint", "task_id", "from", "to", "limit", "cursor"}))
    return *unknown;
  auto status =
      http::query_one_of(request, "status", {"pending", "sending", "retrying", "succeeded", "exhausted"});
  if (!status) return status.error();
  auto endpoint = http::query_text(request, "endpoint", 256);
  if (!endpoint) return endpoint.error();
  auto task_id = http::query_text(request, "task_id", 256);
  if (!task_id) return task_id.error();
  auto from = http::query_time(request, "from");
  if (!from) return from.error();
  auto to = http::query_time(request, "to");
  if (!to) return to.error();
  auto limit = http::query_integer(request, "limit", {.min = 1, .max = limit_max, .fallback = limit_default});
  if (!limit) return limit.error();
  auto cursor = http::query_text(request, "cursor", 128);
  if (!cursor) return cursor.error();
  DeliveryFilter filter{.status = *status,
                        .endpoint = *endpoint,
                        .task_id = *task_id,
                        .from_ms = json::maybe_ms(*from),
                        .to_ms = json::maybe_ms(*to),
                        .before_ms = std::numeric_limits<std::int64_t>::max(),
                        .before_id = "",
                        .limit = *limit};
  if (*cursor && !read_cursor(**cursor, filter))
    return http::BadParameter{"cursor", "cursor must be the next_cursor of an answer before"};
  return filter;
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

std::string to_wire(const AskedAgain& asked) {
  json::Writer out;
  out.begin_object().member("found", asked.found).member("asked", asked.asked).end_object();
  return out.take();
}

std::optional<AskedAgain> read_wire(std::string_view text) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const json::Object object{document};
  const auto found = object.integer("found");
  const auto asked = object.integer("asked");
  return found && asked ? std::optional{AskedAgain{*found, *asked}} : std::nullopt;
}

}  // namespace

void DeliveriesView::routes(http::Router& router) {
  router.get("/api/v1/deliveries", [this](const Request& request) { return list(request, false); });
  router.get("/api/v1/dead-letters", [this](const Request& request) { return list(request, true); });
  router.get("/api/v1/deliveries/{delivery_id}", [this](const Request& request) { return get(request); });
  router.post("/api/v1/deliveries/{delivery_id}/retry",
              [this](const Request& request) { return retry(request); });
  router.post("/api/v1/endpoints/{name}/replay", [this](const Request& request) { return replay(request); });
}

Response DeliveriesView::list(const Request& request, bool dead) const {
  auto filter = read_filter(request);
  if (!filter) return http::bad_parameter(filter.error());
  if (dead) filter->status = "exhausted";
  const auto limit = static_cast<std::size_t>(filter->limit);
  const auto read = [&](const sqlite::Readers& files) { return read_page(files, *filter); };
  return cluster::answer_list(context_.peers, context_.readers, request,
                              {.name = "deliveries", .rows_max = limit, .before = newer, .read = read});
}

Response DeliveriesView::get(const Request& request) const {
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

Response DeliveriesView::retry(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  return ask_everybody(request, {.delivery_id = request.param("delivery_id")});
}

Response DeliveriesView::replay(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {"from", "to", "status"}))
    return http::bad_parameter(*unknown);
  const auto from = http::query_time(request, "from");
  if (!from) return http::bad_parameter(from.error());
  const auto to = http::query_time(request, "to");
  if (!to) return http::bad_parameter(to.error());
  const auto status = http::query_one_of(request, "status", {"exhausted", "all"});
  if (!status) return http::bad_parameter(status.error());
  if (!*from)
    return http::bad_parameter({"from", "from is required: the event time from which on all is sent again"});
  return ask_everybody(request, {.endpoint = request.param("name"),
                                 .from_ms = to_unix_ms(**from),
                                 .to_ms = to_unix_ms(*to ? **to : context_.clock.now()),
                                 .only_exhausted = *status == "exhausted"});
}

// Each partition is asked where it is. Asked twice it is sent twice, under the same id.
Response DeliveriesView::ask_everybody(const Request& request, const AskAgain& what) {
  if (cluster::is_hop(request))
    return cluster::answer_hop(context_.readers, request, [&](const sqlite::Readers& files) {
      const auto asked = ask_here(files, what);
      return asked ? http::json_response(to_wire(*asked)) : http::problem(503, asked.error().message);
    });
  const cluster::Shares shares = context_.peers.shares();
  if (!shares.known) return cluster::not_known(context_.peers);
  cluster::Stores missing = shares.unowned;
  AskedAgain sum;
  const auto add = [&](const AskedAgain& part) {
    sum.found += part.found;
    sum.asked += part.asked;
  };
  if (const auto asked = ask_here({context_.readers, shares.own}, what))
    add(*asked);
  else
    missing.insert(shares.own.begin(), shares.own.end());
  std::vector<http::ClientRequest> requests;
  std::vector<cluster::Stores> stores;
  for (const auto& [url, theirs] : shares.peers) {
    requests.push_back(cluster::hop_to(url, http::target_of(request), theirs));
    requests.back().method = "POST";
    stores.push_back(theirs);
  }
  const auto answers = context_.peers.ask(requests, context_.peers.limits().timeout);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto part = answers[i] && answers[i]->status == 200 ? read_wire(answers[i]->body) : std::nullopt;
    if (part)
      add(*part);
    else
      missing.insert(stores[i].begin(), stores[i].end());
  }
  const cluster::Coverage coverage{.known = true, .missing = missing, .behind = {}};
  if (what.delivery_id && sum.found == 0) {
    if (!coverage.whole()) return cluster::not_whole(context_.peers, coverage);
    return http::problem(404, fmt::format("delivery {} not found", *what.delivery_id));
  }
  if (what.delivery_id && sum.asked == 0) return http::problem(409, "the delivery is being sent just now");
  json::Writer out;
  out.begin_object().member("deliveries", sum.asked).member("being_sent", sum.found - sum.asked);
  out.member("more", !what.delivery_id && sum.found >= what.deliveries_max);
  cluster::write_coverage(out, coverage);
  out.end_object();
  return http::json_response(out.take(), 202);
}

Result<AskedAgain> DeliveriesView::ask_here(const sqlite::Readers& files, const AskAgain& what) {
  AskedAgain sum;
  for (const std::string& name : files.names()) {
    const std::string path = files.path(name);
    if (path.empty()) continue;
    const auto asked = ask_again(path, what, context_.clock.now());
    if (!asked) return asked.error();
    sum.found += asked->found;
    sum.asked += asked->asked;
  }
  if (sum.asked > 0) dispatcher_.look_again();
  return sum;
}

}  // namespace godwit::webhooks
