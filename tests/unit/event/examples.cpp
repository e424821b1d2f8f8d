#include "examples.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/base/clock.h"

namespace godwit::event::testing {
namespace {

using rapidjson::Document;
using rapidjson::Value;

void remove_nulls(Value& object) {
  for (auto member = object.MemberBegin(); member < object.MemberEnd();)
    member = member->value.IsNull() ? object.EraseMember(member) : member + 1;
}

void remove_nulls_of_each(Value& data, const char* list) {
  if (const auto found = data.FindMember(list); found < data.MemberEnd() && found->value.IsArray())
    for (Value& element : found->value.GetArray()) remove_nulls(element);
}

void set_text(Value& value, std::string_view text, Document::AllocatorType& allocator) {
  value.SetString(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
}

}  // namespace

std::string read_file(const std::string& path_below_schemas) {
  std::ifstream file{std::string{GODWIT_SCHEMAS_DIR} + "/" + path_below_schemas, std::ios::binary};
  REQUIRE_MESSAGE(file.good(), path_below_schemas);
  return {std::istreambuf_iterator<char>{file}, {}};
}

Document parse(std::string_view json) {
  Document out;
  out.Parse<json::parse_flags>(json.data(), json.size());
  REQUIRE_MESSAGE(!out.HasParseError(), std::string{json});
  return out;
}

Document parse_file(const std::string& path_below_schemas) { return parse(read_file(path_below_schemas)); }

std::string text_of(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<Example> examples(const std::string& kind) {
  namespace fs = std::filesystem;
  const std::string root = std::string{GODWIT_SCHEMAS_DIR} + "/examples/" + kind;
  std::vector<Example> out;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    if (!entry.is_regular_file()) continue;
    const std::string name = fs::relative(entry.path(), root).string();
    out.push_back({name, read_file(fmt::format("examples/{}/{}", kind, name))});
  }
  std::sort(out.begin(), out.end(), [](const Example& a, const Example& b) { return a.name < b.name; });
  REQUIRE_FALSE(out.empty());
  return out;
}

Document normalised(std::string_view event_json) {
  Document event = parse(event_json);
  remove_nulls(event);
  event.RemoveMember("datacontenttype");
  for (auto member = event.MemberBegin(); member < event.MemberEnd(); ++member) {
    Value& value = member->value;
    if (member->name == "time") {
      value.SetInt64(to_unix_ms(parse_rfc3339({value.GetString(), value.GetStringLength()}).value()));
    } else if (value.IsBool() || value.IsNumber()) {
      set_text(value, text_of(value), event.GetAllocator());
    }
  }
  Value& data = event["data"];
  remove_nulls(data);
  if (const auto error = data.FindMember("error"); error < data.MemberEnd()) remove_nulls(error->value);
  remove_nulls_of_each(data, "stages");
  remove_nulls_of_each(data, "disks");
  return event;
}

}  // namespace godwit::event::testing
