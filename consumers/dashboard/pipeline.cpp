#include "consumers/dashboard/pipeline.h"

#include <fmt/format.h>

#include <future>

#include "common/json/fields.h"
#include "common/json/writer.h"
#include "common/service/readiness.h"

namespace godwit::dashboard {
namespace {

constexpr int nesting_max = 64;

std::optional<rapidjson::Document> parse(const std::string& body) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(body.data(), body.size());
  if (document.HasParseError() || !json::nests_within(document, nesting_max)) return std::nullopt;
  return document;
}

void write_unreachable(json::Writer& out, const std::string& why) {
  out.member("reachable", false).member("ready", false).key("reasons").begin_array().value(why).end_array();
}

void write_readiness(json::Writer& out, const std::string& body) {
  const auto document = parse(body);
  if (!document) return write_unreachable(out, "its /readyz is no JSON");
  const json::Object in{*document};
  out.member("reachable", true).member("ready", in.text("status") == "ready");
  out.key("reasons").begin_array();
  in.each("reasons", [&](const rapidjson::Value& reason) {
    if (reason.IsString()) out.value(std::string_view{reason.GetString(), reason.GetStringLength()});
  });
  out.end_array().member("lag", in.integer("lag"));
}

void write_counters(json::Writer& out, const std::string& page) {
  out.member("events_total", sum_of(page, "godwit_events_total"));
  out.member("dead_letters_total", sum_of(page, "godwit_dead_letters_total"));
}

std::string of_upstream(Upstreams& upstreams, const std::string& name) {
  json::Writer out;
  const auto readiness = upstreams.ask(name, "/readyz");
  out.begin_object().member("name", "godwit-" + name).member("url", upstreams.url_of(name));
  if (!readiness) {
    write_unreachable(out, readiness.error().message);
    out.end_object();
    return out.take();
  }
  write_readiness(out, readiness->body);
  // The metrics consumer's page is of the whole cluster and may be refused; its own counters are on this one.
  const auto page = upstreams.ask(name, name == "metrics" ? "/metrics?scope=instance" : "/metrics");
  if (page.ok() && page->status == 200) write_counters(out, page->body);
  const auto cluster = upstreams.ask(name, "/api/v1/cluster");
  if (cluster.ok() && cluster->status == 200 && parse(cluster->body))
    out.member_raw("cluster", cluster->body);
  out.end_object();
  return out.take();
}

std::string of_ourselves(const service::ViewContext& context) {
  json::Writer out;
  out.begin_object().member("name", "godwit-dashboard").member("reachable", true);
  if (!context.folded) {
    out.member("ready", true).key("reasons").begin_array().end_array().end_object();
    return out.take();
  }
  const auto snapshot = context.folded();
  std::int64_t lag = 0;
  for (const auto& partition : snapshot.partitions) lag += partition.lag();
  std::uint64_t events = 0;
  for (const auto& [labels, count] : snapshot.events) events += count;
  std::uint64_t letters = 0;
  for (const auto& [labels, count] : snapshot.dead_letters) letters += count;
  const auto reasons = service::reasons_not_ready(snapshot);
  out.member("ready", reasons.empty()).key("reasons").begin_array();
  for (const std::string& reason : reasons) out.value(reason);
  out.end_array().member("lag", lag).member("events_total", events);
  out.member("dead_letters_total", letters).end_object();
  return out.take();
}

}  // namespace

double sum_of(std::string_view page, std::string_view metric) {
  double sum = 0;
  while (!page.empty()) {
    const auto line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(page.size(), line.size() + 1));
    if (!line.starts_with(metric) || line.size() == metric.size()) continue;
    if (line[metric.size()] != '{' && line[metric.size()] != ' ') continue;
    const std::string value{line.substr(line.rfind(' ') + 1)};
    sum += std::strtod(value.c_str(), nullptr);
  }
  return sum;
}

// All are asked at once: one that hangs costs its own time only.
std::string pipeline_json(const service::ViewContext& context, Upstreams& upstreams) {
  std::vector<std::future<std::string>> answers;
  for (const std::string& name : upstreams.consumers())
    answers.push_back(
        std::async(std::launch::async, [&upstreams, name] { return of_upstream(upstreams, name); }));
  json::Writer out;
  out.begin_object().member("timestamp", format_rfc3339(context.clock.now())).key("consumers").begin_array();
  for (auto& answer : answers) out.raw(answer.get());
  out.raw(of_ourselves(context)).end_array().end_object();
  return out.take();
}

}  // namespace godwit::dashboard
