#include <type_traits>

#include "common/event/codec.h"
#include "common/event/fields.h"
#include "common/event/nested.h"

namespace godwit::event {
namespace {

void write_value(json::Writer& out, std::string_view name, const auto& value) { out.member(name, value); }
template <class T>
void write_value(json::Writer& out, std::string_view name, const std::optional<T>& maybe) {
  out.member_if(name, maybe);
}

template <class Owner>
void write(json::Writer& out, const Owner& owner) {
  out.begin_object();
  for (const auto& field : nested_fields(owner))
    std::visit([&](auto slot) { write_value(out, field.name, owner.*slot); }, field.slot);
  for (const OtherMember& member : owner.other) out.member_raw(member.name, member.json);
  out.end_object();
}

template <class Item>
void write(json::Writer& out, const std::vector<Item>& items) {
  out.begin_array();
  for (const Item& item : items) write(out, item);
  out.end_array();
}

}  // namespace

bool is_present(const Data& data, const Field& field) {
  return std::visit(
      [&](auto slot) {
        using S = decltype(slot);
        if constexpr (std::is_same_v<S, Kept>) {
          return find_other(data, field.name) != nullptr;
        } else if constexpr (std::is_same_v<S, std::vector<StagePlan> Data::*> ||
                             std::is_same_v<S, std::vector<DiskInfo> Data::*>) {
          return !(data.*slot).empty();
        } else {
          return (data.*slot).has_value();
        }
      },
      field.slot);
}

void write_data(json::Writer& out, const Data& data) {
  out.begin_object();
  for (const Field& field : fields()) {
    if (std::holds_alternative<Kept>(field.slot) || !is_present(data, field)) continue;
    out.key(field.name);
    std::visit(
        [&](auto slot) {
          using S = decltype(slot);
          if constexpr (std::is_same_v<S, std::optional<Failure> Data::*>) {
            write(out, *(data.*slot));
          } else if constexpr (std::is_same_v<S, std::vector<StagePlan> Data::*> ||
                               std::is_same_v<S, std::vector<DiskInfo> Data::*>) {
            write(out, data.*slot);
          } else if constexpr (!std::is_same_v<S, Kept>) {
            out.value(*(data.*slot));
          }
        },
        field.slot);
  }
  for (const OtherMember& member : data.other) out.member_raw(member.name, member.json);
  out.end_object();
}

std::string encode_data(const Data& data) {
  json::Writer out;
  write_data(out, data);
  return out.take();
}

std::vector<std::pair<std::string, std::string>> encode_attributes(const Event& event) {
  std::vector<std::pair<std::string, std::string>> out{
      {"specversion", "1.0"},    {"id", event.id},           {"source", event.source},
      {"type", event.type_name}, {"subject", event.subject}, {"time", format_rfc3339(event.time)}};
  if (event.sequence) out.emplace_back("sequence", *event.sequence);
  if (event.traceparent) out.emplace_back("traceparent", *event.traceparent);
  if (event.dataschema) out.emplace_back("dataschema", *event.dataschema);
  out.insert(out.end(), event.extensions.begin(), event.extensions.end());
  return out;
}

std::string encode_structured(const Event& event) {
  json::Writer out;
  out.begin_object();
  for (const auto& [name, value] : encode_attributes(event)) out.member(name, value);
  out.member("datacontenttype", "application/json");
  out.key("data");
  write_data(out, event.data);
  out.end_object();
  return out.take();
}

}  // namespace godwit::event
