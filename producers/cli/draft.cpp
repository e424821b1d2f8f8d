#include "producers/cli/draft.h"

#include <fmt/format.h>

#include "common/base/uuid.h"
#include "common/json/rapidjson.h"

namespace godwit::cli {
namespace {

using rapidjson::Document;
using rapidjson::Value;

// Nesting the writer may recurse over; the codec has its own, lower bound for data.
constexpr int nesting_max = 64;

void set_if_missing(Document& document, const char* name, const std::string& text) {
  if (document.HasMember(name)) return;
  document.AddMember(Value{name, document.GetAllocator()}, Value{text, document.GetAllocator()},
                     document.GetAllocator());
}

void expand_type(Document& document) {
  const auto type = document.FindMember("type");
  if (!(type < document.MemberEnd()) || !type->value.IsString()) return;
  const std::string full = fmt::format("io.godwit.{}.v1", type->value.GetString());
  if (event::type_from_name(full) != event::Type::unknown)
    type->value.SetString(full, document.GetAllocator());
}

void default_attempt(Document& document) {
  const auto data = document.FindMember("data");
  if (!(data < document.MemberEnd()) || !data->value.IsObject() || data->value.HasMember("attempt")) return;
  if (data->value.HasMember("vm_name")) data->value.AddMember("attempt", 1, document.GetAllocator());
}

}  // namespace

event::Decoded complete_draft(std::string_view json, const DraftDefaults& defaults) {
  Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  // What is no JSON object is the codec's to refuse, in its own words.
  if (document.HasParseError() || !document.IsObject() || !json::nests_within(document, nesting_max))
    return event::decode_structured(json);
  set_if_missing(document, "specversion", "1.0");
  set_if_missing(document, "id", make_uuid_v7(defaults.now));
  set_if_missing(document, "source", defaults.source);
  set_if_missing(document, "time", format_rfc3339(defaults.now));
  expand_type(document);
  default_attempt(document);
  return event::decode_structured(json::text_of(document));
}

event::Decoded draft_to_send(std::string_view json, const DraftDefaults& defaults) {
  event::Decoded event = complete_draft(json, defaults);
  if (event && event->type == event::Type::unknown)
    return event::Refusal{"pattern", "/type", fmt::format("{} is not in the catalogue", event->type_name)};
  return event;
}

Result<std::string> draft_from_flags(const std::string& type, const std::string& subject,
                                     const std::string& data, const std::vector<std::string>& members) {
  Document document{rapidjson::kObjectType};
  auto& pool = document.GetAllocator();
  document.AddMember("type", type, pool);
  document.AddMember("subject", subject, pool);
  Document parsed{&pool};
  parsed.Parse<json::parse_flags>(data);
  if (parsed.HasParseError() || !parsed.IsObject() || !json::nests_within(parsed, nesting_max))
    return invalid_error("--data must be a JSON object");
  for (const std::string& member : members) {
    const auto equals = member.find('=');
    if (equals == std::string::npos || equals == 0)
      return invalid_error(fmt::format("'{}' must be NAME=VALUE", member));
    const std::string text = member.substr(equals + 1);
    Document value{&pool};
    value.Parse<json::parse_flags>(text);
    if (value.HasParseError() || !json::nests_within(value, nesting_max)) value.SetString(text, pool);
    parsed.AddMember(Value{member.substr(0, equals), pool}, Value{value, pool}, pool);
  }
  document.AddMember("data", parsed, pool);
  return json::text_of(document);
}

}  // namespace godwit::cli
