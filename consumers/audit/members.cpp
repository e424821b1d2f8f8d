#include "consumers/audit/members.h"

#include "common/json/fields.h"

namespace godwit::audit {
namespace {

// Calls visit(value) with the member of that name, if there is one.
template <class Visit>
void read(const event::Data& data, std::string_view name, Visit visit) {
  const std::string* text = event::find_other(data, name);
  if (text == nullptr) return;
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text->data(), text->size());
  if (!document.HasParseError()) visit(document);
}

}  // namespace

Members read_members(const event::Data& data) {
  Members out;
  read(data, "target",
       [&](const rapidjson::Value& value) { out.destination = json::Object{value}.text("uri"); });
  read(data, "source",
       [&](const rapidjson::Value& value) { out.source_uri = json::Object{value}.text("uri"); });
  read(data, "files", [&](const rapidjson::Value& value) {
    if (value.IsArray()) out.file_count = static_cast<std::int64_t>(value.Size());
  });
  return out;
}

}  // namespace godwit::audit
