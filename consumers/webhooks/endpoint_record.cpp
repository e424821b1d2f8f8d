#include "consumers/webhooks/endpoint_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/fields.h"
#include "common/json/writer.h"

namespace godwit::webhooks {
namespace {

constexpr std::size_t spans_max = 100;  // of times it was off; the oldest are given up

std::string about(std::string_view name) { return fmt::format("{}{}", endpoint_prefix, name); }

std::string settings_json(const EndpointSettings& settings, bool secret) {
  json::Writer out;
  out.begin_object();
  for (const Setting& setting : settings)
    if (is_secret_key(setting.name) == secret) out.member(setting.name, setting.text);
  out.end_object();
  return out.take();
}

void read_settings(const rapidjson::Value& object, EndpointSettings& out) {
  if (!object.IsObject()) return;
  for (const auto& member : object.GetObject())
    if (member.value.IsString())
      out.push_back({member.name.GetString(), {member.value.GetString(), member.value.GetStringLength()}});
}

void read_off(const json::Object& object, EndpointRecord& record) {
  object.each("off", [&](const rapidjson::Value& span) {
    if (!span.IsArray() || span.Size() != 2 || !span[0].IsInt64()) return;
    const bool open = !span[1].IsInt64();
    record.off.emplace_back(from_unix_ms(span[0].GetInt64()),
                            open ? Timestamp::max() : from_unix_ms(span[1].GetInt64()));
  });
}

}  // namespace

bool EndpointRecord::enabled() const {
  const std::string* set = find_setting(settings, "enabled");
  return !disabled_because && (set == nullptr || *set != "false");
}

std::string to_json(const EndpointRecord& record, std::string_view name, const ConfigKey& key) {
  json::Writer out;
  out.begin_object().member_raw("settings", settings_json(record.settings, false));
  if (record.sealed) {
    out.member("sealed", record.sealed_text).member("sealed_by", record.sealed_by);
  } else {
    out.member("sealed", key.seal(settings_json(record.settings, true), about(name)));
    out.member("sealed_by", key.id());
  }
  out.member("from_file", record.from_file).member("active_from", to_unix_ms(record.active_from));
  out.member_if("disabled_because", record.disabled_because).key("off").begin_array();
  const std::size_t skipped = record.off.size() > spans_max ? record.off.size() - spans_max : 0;
  for (std::size_t i = skipped; i < record.off.size(); ++i) {
    out.begin_array().value(to_unix_ms(record.off[i].first));
    if (record.off[i].second == Timestamp::max())
      out.null();
    else
      out.value(to_unix_ms(record.off[i].second));
    out.end_array();
  }
  out.end_array().end_object();
  return out.take();
}

std::optional<EndpointRecord> read_record(std::string_view json, std::string_view name,
                                          const ConfigKey& key) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const json::Object object{document};
  const rapidjson::Value* settings = object.find("settings");
  const auto sealed = object.text("sealed");
  const auto active_from = object.time_ms("active_from");
  if (settings == nullptr || !sealed || !active_from) return std::nullopt;
  EndpointRecord record{.settings = {},
                        .from_file = object.flag("from_file"),
                        .active_from = *active_from,
                        .disabled_because = object.text("disabled_because")};
  read_settings(*settings, record.settings);
  read_off(object, record);
  const auto opened = key.open(*sealed, about(name));
  if (!opened) {
    record.sealed = true;
    record.sealed_text = *sealed;
    record.sealed_by = object.text("sealed_by").value_or("");
    return record;
  }
  rapidjson::Document secrets;
  secrets.Parse<json::parse_flags>(opened->data(), opened->size());
  if (!secrets.HasParseError()) read_settings(secrets, record.settings);
  return record;
}

Result<Endpoint> to_endpoint(const EndpointRecord& record) {
  EndpointSettings settings = record.settings;
  if (record.sealed) {
    // So that all else can be checked.
    const std::string* type = find_setting(settings, "type");
    const bool mail = type != nullptr && *type == "email";
    const bool pagerduty = type != nullptr && *type == "pagerduty";
    settings.push_back({"url", mail ? "smtp://sealed.invalid" : "http://sealed.invalid"});
    constexpr std::size_t routing_key_characters = 32;
    if (pagerduty) settings.push_back({"routing_key", std::string(routing_key_characters, 'x')});
  }
  auto endpoint = make_endpoint(settings);
  if (!endpoint) return endpoint.error();
  if (record.sealed) endpoint->url.clear();
  endpoint->enabled = record.enabled();
  endpoint->active_from = record.active_from;
  endpoint->off = record.off;
  return endpoint;
}

}  // namespace godwit::webhooks
