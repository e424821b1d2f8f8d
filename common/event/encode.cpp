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

namespace {

// Calls take(name, value) for each attribute the event has, in their usual order.
template <class Take>
void each_attribute(const Event& event, const Take& take) {
  take("specversion", std::string_view{"1.0"});
  take("id", event.id);
  take("source", event.source);
  take("type", event.type_name);
  take("subject", event.subject);
  take("time", format_rfc3339(event.time));
  if (event.sequence) take("sequence", *event.sequence);
  if (event.traceparent) take("traceparent", *event.traceparent);
  if (event.dataschema) take("dataschema", *event.dataschema);
  for (const auto& [name, value] : event.extensions) take(name, value);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> encode_attributes(const Event& event) {
  std::vector<std::pair<std::string, std::string>> out;
  each_attribute(event,
                 [&out](std::string_view name, std::string_view value) { out.emplace_back(name, value); });
  return out;
}

std::string encode_structured(const Event& event) {
  json::Writer out;
  out.begin_object();
  each_attribute(event, [&out](std::string_view name, std::string_view value) { out.member(name, value); });
  out.member("datacontenttype", "application/json");
  out.key("data");
  write_data(out, event.data);
  out.end_object();
  return out.take();
}

}  // namespace godwit::event
