#include "consumers/metrics/view.h"

#include "common/cluster/gather.h"
#include "common/http/parameters.h"
#include "consumers/metrics/rules_file.h"
#include "consumers/metrics/trends_view.h"

namespace godwit::metrics_view {
namespace {

constexpr const char* totals_path = "/internal/v1/totals";  // asked by other instances only

}  // namespace

void Settings::add(service::Flags& flags) {
  flags.integer("stall-after", stall_after_seconds, 1, 86'400 * 30,
                "Seconds without an event after which an active migration counts as stalled");
  flags.integer("late-after", late_after_seconds, 1, 86'400 * 365,
                "Seconds after its start from which an active migration counts as late");
  flags.text("rules", rules_file, "YAML file of metrics of your own (see consumers/metrics/README.md)");
}

Result<Metrics> Settings::projection() {
  if (!rules_file.empty()) {
    auto read = read_rules_file(rules_file);
    if (!read) return read.error();
    rules = std::move(*read);
  }
  return Metrics{.rules = rules};
}

PageTime MetricsView::page_time() const {
  const Timestamp now = context_.clock.now();
  return {now, std::chrono::duration<double>(now - started_).count()};
}

Limits MetricsView::limits() const {
  const Timestamp now = context_.clock.now();
  return {.stalled_before = now - std::chrono::seconds{settings_.stall_after_seconds},
          .late_before = now - std::chrono::seconds{settings_.late_after_seconds}};
}

Result<Totals, http::Response> MetricsView::whole_totals() const {
  const auto read = [this](const sqlite::Readers& files) { return read_totals(files, limits()); };
  const auto parse = [this](std::string_view body) { return read_wire(body, catalogue_); };
  const auto gathered =
      cluster::gather_parts<Totals>(context_.peers, context_.readers, totals_path, read, parse);
  if (!gathered.coverage.whole() || !gathered.coverage.behind.empty())
    return cluster::not_whole(context_.peers, gathered.coverage);
  Totals out;
  for (const Totals& part : gathered.parts) out += part;
  return out;
}

http::Response MetricsView::answer_totals(const http::Request& request) const {
  if (!cluster::is_hop(request)) return http::problem(404, "this path is for other instances");
  return cluster::answer_hop(context_.readers, request, [this](const sqlite::Readers& files) {
    return http::json_response(to_wire(read_totals(files, limits()), catalogue_));
  });
}

void MetricsView::routes(http::Router& router) {
  router.get("/stats", [this](const http::Request&) {
    const auto totals = whole_totals();
    return totals ? http::json_response(stats_json(*totals, page_time().uptime_seconds)) : totals.error();
  });
  router.get("/health", [](const http::Request&) { return http::json_response(R"({"status":"ok"})"); });
  router.get("/api/v1/trends", [this](const http::Request& request) {
    return trends_answer(request, context_.peers, context_.readers, context_.clock.now());
  });
  router.get(trends_hop_path,
             [this](const http::Request& request) { return trends_hop_answer(request, context_.readers); });
  router.get(totals_path, [this](const http::Request& request) { return answer_totals(request); });
}

std::optional<http::Response> MetricsView::answer_metrics(const http::Request& request,
                                                          metrics::Exposition& page) {
  const auto scope = http::query_one_of(request, "scope", {"instance", "cluster"});
  if (!scope) return http::bad_parameter(scope.error());
  if (*scope == "instance") {
    append_families(page, read_totals_by_partition(context_.readers, limits()), catalogue_, page_time());
    return std::nullopt;
  }
  const auto totals = whole_totals();
  if (!totals) return totals.error();
  append_families(page, {{"", *totals}}, catalogue_, page_time());
  return std::nullopt;
}

}  // namespace godwit::metrics_view
