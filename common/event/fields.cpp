#include "common/event/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "common/event/nested.h"

namespace godwit::event {
namespace {

using rapidjson::Value;

std::string_view view(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

// Each takes a value that its rule has already let pass.
void assign(std::string& out, const Value& value) { out.assign(value.GetString(), value.GetStringLength()); }
void assign(std::int64_t& out, const Value& value) {
  out = value.IsInt64() ? value.GetInt64() : static_cast<std::int64_t>(value.GetDouble());
}
void assign(double& out, const Value& value) { out = value.GetDouble(); }
void assign(bool& out, const Value& value) { out = value.GetBool(); }
template <class T>
void assign(std::optional<T>& out, const Value& value) {
  assign(out.emplace(), value);
}

void keep(std::vector<OtherMember>& others, std::string_view name, const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  others.push_back({std::string{name}, {buffer.GetString(), buffer.GetSize()}});
}

template <class Owner>
void assign_nested(Owner& out, const Value& object) {
  for (const auto& member : object.GetObject()) {
    if (member.value.IsNull()) continue;
    const auto& known = nested_fields(out);
    const auto* field = std::find_if(std::begin(known), std::end(known),
                                     [&](const auto& f) { return f.name == view(member.name); });
    if (field == std::end(known)) {
      keep(out.other, view(member.name), member.value);
    } else {
      std::visit([&](auto slot) { assign(out.*slot, member.value); }, field->slot);
    }
  }
}
void assign(std::optional<Failure>& out, const Value& value) { assign_nested(out.emplace(), value); }
template <class Item>
void assign(std::vector<Item>& out, const Value& value) {
  out.reserve(value.Size());
  for (const Value& element : value.GetArray()) assign_nested(out.emplace_back(), element);
}

void store(Data& data, const Field& field, const Value& value) {
  // A vector cannot tell an empty list from none, so that one is kept as it came.
  const bool empty_list = value.IsArray() && value.Empty();
  if (empty_list || std::holds_alternative<Kept>(field.slot)) return keep(data.other, field.name, value);
  std::visit(
      [&](auto slot) {
        if constexpr (!std::is_same_v<decltype(slot), Kept>) assign(data.*slot, value);
      },
      field.slot);
}

}  // namespace

Refused read_data(Data& data, const Value& object, const CodecLimits& limits, bool lenient) {
  for (const auto& member : object.GetObject()) {
    const Value& value = member.value;
    if (value.IsNull()) continue;
    const std::string_view name = view(member.name);
    const bool nests = value.IsObject() || value.IsArray();
    if (nests && !json::nests_within(value, limits.nesting_max))
      return under(
          name, Refusal{"range", "", fmt::format("must not nest more than {} levels", limits.nesting_max)});
    const Field* field = find_field(name);
    if (field == nullptr) {
      keep(data.other, name, value);
    } else if (auto refusal = check(value, *field->rule)) {
      if (!lenient) return under(name, std::move(refusal));
      keep(data.other, name, value);
    } else {
      store(data, *field, value);
    }
  }
  return std::nullopt;
}

}  // namespace godwit::event
