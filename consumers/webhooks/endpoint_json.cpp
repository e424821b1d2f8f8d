#include "consumers/webhooks/endpoint_json.h"

#include <fmt/format.h>

#include <charconv>

#include "common/http/client.h"
#include "common/json/fields.h"
#include "common/metrics/exposition.h"

namespace godwit::webhooks {
namespace {

std::optional<std::string> text_of(const rapidjson::Value& value) {
  if (value.IsString()) return std::string{value.GetString(), value.GetStringLength()};
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsInt64()) return fmt::format("{}", value.GetInt64());
  if (value.IsNumber()) return metrics::format_value(value.GetDouble());
  return std::nullopt;
}

std::optional<std::string> list_of(const rapidjson::Value& value) {
  std::string out;
  for (const auto& item : value.GetArray()) {
    const auto text = text_of(item);
    if (!text) return std::nullopt;
    out.append(out.empty() ? "" : ",").append(*text);
  }
  return out;
}

void write_list(json::Writer& out, std::string_view text) {
  out.begin_array();
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    out.value(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  out.end_array();
}

void write_text(json::Writer& out, const Setting& setting) {
  if (is_list_key(setting.name)) return write_list(out, setting.text);
  if (setting.text == "true" || setting.text == "false") {
    out.value(setting.text == "true");
    return;
  }
  double number = 0;
  const char* end = setting.text.data() + setting.text.size();
  const auto [at, failure] = std::from_chars(setting.text.data(), end, number);
  const bool name_like = setting.name == "name";
  if (failure == std::errc{} && at == end && !name_like)
    out.value(number);
  else
    out.value(setting.text);
}

}  // namespace

Result<EndpointSettings> read_settings_json(std::string_view json) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject())
    return invalid_error("the body must be one JSON object with the keys of an endpoint");
  EndpointSettings out;
  const rapidjson::Value& object = document;
  for (const auto& member : object.GetObject()) {
    const std::string name{member.name.GetString(), member.name.GetStringLength()};
    if (member.value.IsNull()) continue;
    if (find_setting(out, name) != nullptr) return invalid_error(fmt::format("'{}' is given twice", name));
    const auto text =
        member.value.IsArray() && is_list_key(name) ? list_of(member.value) : text_of(member.value);
    if (!text) return invalid_error(fmt::format("'{}' needs one value", name));
    out.push_back({name, *text});
  }
  return out;
}

void write_settings(json::Writer& out, const EndpointRecord& record, const Endpoint& endpoint) {
  out.member("name", endpoint.name).member("type", to_string(endpoint.kind));
  out.member("url", endpoint.url.empty() ? std::string{"(sealed)"} : http::origin_of(endpoint.url));
  out.member("enabled", endpoint.enabled);
  out.member("on_start", endpoint.on_start).member("on_complete", endpoint.on_complete);
  out.member("on_error", endpoint.on_error).member("on_warning", endpoint.on_warning);
  constexpr std::array<std::string_view, 9> shown{
      "name", "type", "url", "enabled", "active_from", "on_complete", "on_error", "on_start", "on_warning"};
  for (const Setting& setting : record.settings) {
    if (is_secret_key(setting.name) || std::find(shown.begin(), shown.end(), setting.name) != shown.end())
      continue;
    out.key(setting.name);
    write_text(out, setting);
  }
  out.member("signed", find_setting(record.settings, "secret") != nullptr);
  out.member("active_from", format_rfc3339(endpoint.active_from)).member("from_file", record.from_file);
  out.member_if("disabled_because", record.disabled_because);
}

}  // namespace godwit::webhooks
