#include "consumers/dashboard/wire.h"

#include "common/json/fields.h"
#include "common/json/writer.h"
#include "consumers/dashboard/state_json.h"

namespace godwit::dashboard {
namespace {

constexpr int nesting_max = 64;
constexpr rapidjson::SizeType counters_size = 6;

void write_counters(json::Writer& out, const Counters& counters) {
  out.begin_array().value(counters.started).value(counters.succeeded).value(counters.failed);
  out.value(counters.cancelled).value(counters.succeeded_ms).value(counters.bytes).end_array();
}

void write_page(json::Writer& out, const char* name, const Page& page) {
  out.key(name).begin_array();
  for (const Row& row : page.rows) {
    out.begin_object().member("task_id", row.task_id).member("at_ms", row.at_ms);
    out.member_raw("state", store_json(row.task)).end_object();
  }
  out.end_array();
}

std::optional<Counters> read_counters(const rapidjson::Value& value) {
  if (!value.IsArray() || value.Size() != counters_size) return std::nullopt;
  for (const auto& number : value.GetArray())
    if (!number.IsInt64()) return std::nullopt;
  return Counters{.started = value[0].GetInt64(),
                  .succeeded = value[1].GetInt64(),
                  .failed = value[2].GetInt64(),
                  .cancelled = value[3].GetInt64(),
                  .succeeded_ms = value[4].GetInt64(),
                  .bytes = value[5].GetInt64()};
}

bool read_providers(const rapidjson::Value* value, Figures& figures) {
  if (value == nullptr || !value->IsObject()) return false;
  for (const auto& member : value->GetObject()) {
    const auto counters = read_counters(member.value);
    if (!counters) return false;
    figures.providers[member.name.GetString()] = *counters;
    figures.total += *counters;
  }
  return true;
}

bool read_hours(const rapidjson::Value* value, Figures& figures) {
  if (value == nullptr || !value->IsArray() || value->Size() != hours_read) return false;
  for (std::size_t i = 0; i < hours_read; ++i) {
    const auto counters = read_counters((*value)[static_cast<rapidjson::SizeType>(i)]);
    if (!counters) return false;
    figures.hours[i] = *counters;
  }
  return true;
}

bool read_page(const json::Object& in, const char* name, Page& page) {
  bool ok = in.find(name) != nullptr;
  in.each(name, [&](const rapidjson::Value& value) {
    const json::Object row{value};
    auto task_id = row.text("task_id");
    const auto at_ms = row.integer("at_ms");
    const auto* state = row.find("state");
    ok = ok && task_id && at_ms && state != nullptr && state->IsObject();
    if (ok) page.rows.push_back({std::move(*task_id), *at_ms, read_store_json(json::text_of(*state))});
  });
  return ok;
}

}  // namespace

std::string to_wire(const Overview& overview) {
  const Figures& figures = overview.figures;
  json::Writer out;
  out.begin_object().member("active_count", figures.active).member("pending_count", figures.pending);
  out.member("first_hour", figures.first_hour).key("providers").begin_object();
  for (const auto& [name, counters] : figures.providers) {
    out.key(name);
    write_counters(out, counters);
  }
  out.end_object().key("hours").begin_array();
  for (const Counters& hour : figures.hours) write_counters(out, hour);
  out.end_array();
  write_page(out, "active", overview.active);
  write_page(out, "completed", overview.completed);
  write_page(out, "failed", overview.failed);
  out.end_object();
  return out.take();
}

std::optional<Overview> read_wire(std::string_view json) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !json::nests_within(document, nesting_max)) return std::nullopt;
  const json::Object in{document};
  const auto active = in.integer("active_count");
  const auto pending = in.integer("pending_count");
  const auto first_hour = in.integer("first_hour");
  if (!active || !pending || !first_hour) return std::nullopt;
  Overview out;
  out.figures.active = *active;
  out.figures.pending = *pending;
  out.figures.first_hour = *first_hour;
  const bool ok = read_providers(in.find("providers"), out.figures) &&
                  read_hours(in.find("hours"), out.figures) && read_page(in, "active", out.active) &&
                  read_page(in, "completed", out.completed) && read_page(in, "failed", out.failed);
  return ok ? std::optional{std::move(out)} : std::nullopt;
}

}  // namespace godwit::dashboard
