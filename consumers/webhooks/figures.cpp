#include "consumers/webhooks/figures.h"

#include "common/json/fields.h"
#include "consumers/webhooks/delivery_rows.h"

namespace godwit::webhooks {

FiguresByEndpoint figures_of(const sqlite::Readers& files,
                             const std::map<std::string, EndpointHealth>& health) {
  std::map<std::string, EndpointFigures> stored;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    read_figures(db, stored);
    return true;
  });
  FiguresByEndpoint out;
  for (auto& [name, each] : stored) {
    Figures& figures = out[name];
    figures.owed = each.owed;
    figures.succeeded = each.outcomes["succeeded"];
    figures.exhausted = each.outcomes["exhausted"];
  }
  for (const auto& [name, each] : health) {
    Figures& figures = out[name];
    figures.tries = each.tries();
    figures.tries_failed = each.failed + each.exhausted;
    figures.latency_seconds_sum = each.latency_seconds_sum;
  }
  return out;
}

void add(FiguresByEndpoint& sum, const FiguresByEndpoint& part) {
  for (const auto& [name, each] : part) {
    Figures& into = sum[name];
    into.owed += each.owed;
    into.succeeded += each.succeeded;
    into.exhausted += each.exhausted;
    into.tries += each.tries;
    into.tries_failed += each.tries_failed;
    into.latency_seconds_sum += each.latency_seconds_sum;
  }
}

std::string to_wire(const FiguresByEndpoint& figures) {
  json::Writer out;
  out.begin_object();
  for (const auto& [name, each] : figures)
    out.key(name)
        .begin_array()
        .value(each.owed)
        .value(each.succeeded)
        .value(each.exhausted)
        .value(each.tries)
        .value(each.tries_failed)
        .value(each.latency_seconds_sum)
        .end_array();
  out.end_object();
  return out.take();
}

std::optional<FiguresByEndpoint> read_wire(std::string_view json) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  FiguresByEndpoint out;
  const rapidjson::Value& all = document;
  for (const auto& member : all.GetObject()) {
    constexpr rapidjson::SizeType count = 6;
    if (!member.value.IsArray() || member.value.Size() != count) return std::nullopt;
    for (rapidjson::SizeType i = 0; i < count; ++i)
      if (!member.value[i].IsNumber() || (i < count - 1 && !member.value[i].IsUint64())) return std::nullopt;
    out[member.name.GetString()] = {.owed = member.value[0].GetInt64(),
                                    .succeeded = member.value[1].GetInt64(),
                                    .exhausted = member.value[2].GetInt64(),
                                    .tries = member.value[3].GetUint64(),
                                    .tries_failed = member.value[4].GetUint64(),
                                    .latency_seconds_sum = member.value[5].GetDouble()};
  }
  return out;
}

void write_figures(json::Writer& out, const Figures& figures) {
  out.member("owed", figures.owed)
      .member("succeeded", figures.succeeded)
      .member("exhausted", figures.exhausted);
  const std::int64_t ended = figures.succeeded + figures.exhausted;
  out.key("success_rate");
  if (ended > 0)
    out.value(static_cast<double>(figures.succeeded) / static_cast<double>(ended));
  else
    out.null();
  out.member("tries", figures.tries).member("tries_failed", figures.tries_failed).key("latency_ms_mean");
  if (figures.tries > 0)
    out.value(figures.latency_seconds_sum * 1000 / static_cast<double>(figures.tries));
  else
    out.null();
}

}  // namespace godwit::webhooks
