#include "consumers/audit/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/cluster/list.h"
#include "common/http/parameters.h"
#include "common/json/fields.h"
#include "common/json/writer.h"
#include "consumers/audit/answer.h"
#include "consumers/audit/entry_json.h"

namespace godwit::audit {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t source_bytes_max = 1024;
constexpr std::int64_t same_id_max = 20;         // rows of one event id shown, of each file
constexpr std::size_t rows_of_event_max = 1000;  // over all instances

std::string line_of(Format format, const Found& found) {
  const auto entry = entry_of(found.row);
  if (!entry) throw damaged(found.place.file, found.row, entry.error());
  return line_of(format, *entry, found.row);
}

// Cursors are what cursor_text() made; anything else sorts last.
bool comes_before(std::string_view a, std::string_view b, Order order) {
  const auto first = parse_cursor(a, order);
  const auto second = parse_cursor(b, order);
  if (!first || !second) return first.has_value() && !second;
  return order == Order::newest ? *second < *first : *first < *second;
}

// Rows of one event id: those that are no duplicates first, then by time. "0<cursor>" or "1<cursor>".
bool ranks_before(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty() || a.front() != b.front()) return a.substr(0, 1) < b.substr(0, 1);
  return comes_before(a.substr(1), b.substr(1), Order::oldest);
}

// Only the first is told in full: of all instances' rows the first is the first of its instance.
cluster::Page rows_of_event(const std::vector<Found>& all) {
  cluster::Page out;
  for (const Found& found : all) {
    const Row& row = found.row;
    json::Writer json;
    json.begin_object();
    if (out.rows.empty()) {
      json.member_raw("event", line_of(Format::json, found)).key("record");
      write_record(json, row);
    }
    json.key("other").begin_object().member_if("source", row.source).member("topic", row.topic);
    json.member("partition", std::int64_t{row.partition}).member("offset", row.offset);
    json.member("duplicate", row.duplicate).end_object().end_object();
    const std::string place =
        fmt::format("{}{}", row.duplicate ? 1 : 0, cursor_text(found.place, Order::oldest));
    out.rows.push_back({place, json.take()});
  }
  return out;
}

Response event_response(const cluster::Page& page, const cluster::Coverage& coverage) {
  json::Writer out;
  out.begin_object();
  bool first = true;
  for (const cluster::Row& row : page.rows) {
    if (is_pruned(row)) continue;
    rapidjson::Document document;
    document.Parse<json::parse_flags>(row.json.data(), row.json.size());
    const json::Object in{document};
    for (const char* name : {"event", "record"})
      if (const auto* part = in.find(name); first && part != nullptr)
        out.member_raw(name, json::text_of(*part));
    if (first) out.key("others").begin_array();
    if (const auto* other = in.find("other"); !first && other != nullptr) out.raw(json::text_of(*other));
    first = false;
  }
  out.end_array();
  cluster::write_coverage(out, coverage);
  out.end_object();
  return http::json_response(out.take());
}

}  // namespace

keep::KeeperPorts AuditView::keeper_ports(const Settings& settings) {
  const auto signed_size = [this](const ledger::Origin& origin) {
    const auto head = checkpointer_.latest(origin);
    return head ? head->head.size : 0;
  };
  return {.folded = context_.folded,
          .gaps = [this] { return checkpointer_.contradicted(); },
          .retention = {.signed_size = signed_size,
                        .sign = [this](const std::string& text) { return checkpointer_.sign_text(text); }},
          .orders = settings.prunings};
}

void AuditView::routes(http::Router& router) {
  const auto watched = [this](Response (AuditView::*answer)(const Request&, std::int64_t&)) {
    return [this, answer](const Request& request) {
      return query_log_.watch(request, [&](std::int64_t& rows) {
        return answer_or_503([&] { return (this->*answer)(request, rows); });
      });
    };
  };
  router.get("/api/v1/audit", watched(&AuditView::list));
  router.get("/api/v1/audit/{event_id}", watched(&AuditView::get));
  proofs_.routes(router);
}

cluster::ListSpec AuditView::list_of(const Question& question, Format format) const {
  const Order order = question.page.order;
  const auto read = [this, &question, format, order](const sqlite::Readers& files) {
    const Page page = archive_.page(files, question.filter, question.page);
    cluster::Page out{
        .rows = {}, .more = page.next.has_value(), .rows_are_text = !info(format).rows_are_json};
    if (page.ended_early) out.end = cursor_text(*page.next, order);
    if (const auto pruned = archive_.pruned_before(files, question.filter))
      out.pruned_before = format_rfc3339(*pruned);
    for (const Found& found : page.rows)
      out.rows.push_back({cursor_text(found.place, order), line_of(format, found)});
    return out;
  };
  return {.rows_max = static_cast<std::size_t>(question.page.rows_max),
          .before = [order](auto a, auto b) { return comes_before(a, b, order); },
          .read = read};
}

Response AuditView::list(const Request& request, std::int64_t& rows) {
  const auto format = choose_format(request);
  if (!format) return format.error();
  const bool exported = *format != Format::json && !cluster::is_hop(request);
  const auto question = read_question(request, exported);
  if (!question) return http::bad_parameter(question.error());
  if (exported)
    return exporter_.answer(request, *question, *format, query_log_.of_export(request, info(*format).name));
  return cluster::answer_rows(context_.peers, context_.readers, request, list_of(*question, *format),
                              [&](const cluster::Page& page, const cluster::Coverage& coverage) {
                                rows = static_cast<std::int64_t>(page.rows.size());
                                return cluster::list_response(page, coverage, "events");
                              });
}

Response AuditView::get(const Request& request, std::int64_t& rows) {
  if (auto unknown = http::unknown_parameter(request, {"source"})) return http::bad_parameter(*unknown);
  const auto source = http::query_text(request, "source", source_bytes_max);
  if (!source) return http::bad_parameter(source.error());
  const std::string& event_id = request.param("event_id");
  const auto read = [&](const sqlite::Readers& files) {
    cluster::Page page = rows_of_event(archive_.event(files, event_id, *source, same_id_max));
    if (page.rows.empty() && archive_.was_pruned(files, event_id)) page.rows.push_back(pruned_row());
    return page;
  };
  return cluster::answer_rows(context_.peers, context_.readers, request,
                              {.rows_max = rows_of_event_max, .before = ranks_before, .read = read},
                              [&](const cluster::Page& page, const cluster::Coverage& coverage) {
                                rows = static_cast<std::int64_t>(page.rows.size());
                                if (is_pruned(page)) return pruned_response(event_id);
                                if (!page.rows.empty()) return event_response(page, coverage);
                                if (!coverage.whole()) return cluster::not_whole(context_.peers, coverage);
                                return http::problem(404, fmt::format("event {} not found", event_id));
                              });
}

void AuditView::append_metrics(metrics::Exposition& page) {
  std::vector<std::pair<std::string, std::int64_t>> sizes;
  bool readable = true;
  try {
    sizes = archive_.sizes();
  } catch (const projection::StoreUnavailable& failure) {
    log_error("{}", failure.what());
    readable = false;
  }
  page.family("godwit_audit_rows", metrics::Kind::gauge, "Records kept by the audit");
  for (const auto& [file, rows] : sizes) {
    const auto dash =
        std::min(file.rfind('-'), file.size() - 1);  // "<topic>-<partition>", with leading zeros
    const std::string_view topic = std::string_view{file}.substr(0, dash);
    std::string_view partition = std::string_view{file}.substr(dash + 1);
    while (partition.size() > 1 && partition.front() == '0') partition.remove_prefix(1);
    page.sample({{"topic", topic}, {"partition", partition}}, static_cast<std::uint64_t>(rows));
  }
  page.family("godwit_audit_readable", metrics::Kind::gauge,
              "1 when every audit file of this instance can be read");
  page.sample({}, std::uint64_t{readable});
  query_log_.append_metrics(page);
  page.family("godwit_audit_unsigned", metrics::Kind::gauge,
              "1 for a partition whose tree is not signed: it is older than what was signed, or another");
  for (const auto& [origin, why] : checkpointer_.refused())
    page.sample({{"origin", origin}}, std::uint64_t{1});
}

}  // namespace godwit::audit
