#include "common/event/fields.h"

#include <fmt/format.h>

#include <type_traits>

namespace godwit::event {
namespace {

using rapidjson::Value;

std::string_view view(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

Refusal refuse(std::string kind, std::string_view pointer, std::string detail) {
  return {std::move(kind), std::string{pointer}, std::move(detail)};
}

// Reads one JSON value under rules written as a Field without a slot; the pointer names it in a refusal.
struct Reader {
  std::string pointer;
  std::optional<Refusal> refusal;

  bool text(const Value& value, const Field& rule, std::string& out) {
    if (!value.IsString()) return fail("type", "must be a string");
    const std::string_view text = view(value);
    // The schemas count characters, this counts code points alike: bytes that do not continue one.
    double length = 0;
    for (const char c : text) length += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    if (length < rule.low) return fail("range", "must not be empty");
    if (length > rule.high) return fail("range", fmt::format("must be at most {} characters", rule.high));
    if (!matches(rule.shape, text)) return fail("pattern", fmt::format("must be {}", describe(rule.shape)));
    out = text;
    return true;
  }

  bool integer(const Value& value, const Field& rule, std::int64_t& out) {
    // 5.0 is an integer to JSON Schema, so it is one here.
    const bool whole =
        value.IsInt64() ||
        (value.IsDouble() && value.GetDouble() == static_cast<double>(static_cast<std::int64_t>(
                                                      std::min(std::max(value.GetDouble(), -9e18), 9e18))));
    if (!whole && !value.IsUint64()) return fail("type", "must be an integer");
    const double number = value.GetDouble();
    if (number < rule.low || number > rule.high)
      return fail("range", fmt::format("must be an integer from {:.0f} to {:.0f}", rule.low, rule.high));
    out = value.IsInt64() ? value.GetInt64() : static_cast<std::int64_t>(number);
    return true;
  }

  bool number(const Value& value, const Field& rule, double& out) {
    if (!value.IsNumber()) return fail("type", "must be a number");
    const double number = value.GetDouble();
    if (number < rule.low || number > rule.high)
      return fail("range", fmt::format("must be from {:.0f} to {:.0f}", rule.low, rule.high));
    out = number;
    return true;
  }

  bool flag(const Value& value, bool& out) {
    if (!value.IsBool()) return fail("type", "must be true or false");
    out = value.GetBool();
    return true;
  }

  bool fail(std::string kind, std::string detail) {
    refusal = refuse(std::move(kind), pointer, std::move(detail));
    return false;
  }
};

constexpr double integer_max = 9007199254740991.0;
const Field any_text{"", Composite::object, 0, 256};
const Field required_text{"", Composite::object, 1, 256};
const Field long_text{"", Composite::object, 0, 16384};
const Field bytes_count{"", Composite::object, 0, integer_max};
const Field any_integer{"", Composite::object, -integer_max, integer_max};
const Field stage_name{"", Composite::object, 1, 64, Shape::stage};
constexpr std::size_t list_max = 1024;  // stages or disks of one task

// One member of a nested object: `read` gets the value and fills its place. Required members must be there.
template <class Read>
std::optional<Refusal> nested(const Value& object, std::string_view base, const char* name, bool required,
                              Read read) {
  Reader reader{fmt::format("{}/{}", base, name), {}};
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || member->value.IsNull()) {
    if (required) reader.fail("missing", "is required");
  } else {
    read(reader, member->value);
  }
  return reader.refusal;
}

auto into(std::string& out, const Field& rule) {
  return [&out, &rule](Reader& reader, const Value& value) { reader.text(value, rule, out); };
}
auto into(std::optional<std::string>& out, const Field& rule) {
  return [&out, &rule](Reader& reader, const Value& value) { reader.text(value, rule, out.emplace()); };
}
auto into(std::int64_t& out, const Field& rule) {
  return [&out, &rule](Reader& reader, const Value& value) { reader.integer(value, rule, out); };
}
auto into(std::optional<std::int64_t>& out, const Field& rule) {
  return [&out, &rule](Reader& reader, const Value& value) { reader.integer(value, rule, out.emplace()); };
}
auto into(std::optional<double>& out, const Field& rule) {
  return [&out, &rule](Reader& reader, const Value& value) { reader.number(value, rule, out.emplace()); };
}
auto into(std::optional<bool>& out) {
  return [&out](Reader& reader, const Value& value) { reader.flag(value, out.emplace()); };
}

std::optional<Refusal> read_failure(Failure& out, const Value& value, const std::string& at) {
  if (!value.IsObject()) return refuse("type", at, "must be an object");
  if (auto r = nested(value, at, "code", true, into(out.code, required_text))) return r;
  if (auto r = nested(value, at, "message", true, into(out.message, long_text))) return r;
  if (auto r = nested(value, at, "retryable", false, into(out.retryable))) return r;
  if (auto r = nested(value, at, "class", false, into(out.error_class, any_text))) return r;
  if (auto r = nested(value, at, "phase", false, into(out.phase, any_text))) return r;
  if (auto r = nested(value, at, "exit_code", false, into(out.exit_code, any_integer))) return r;
  if (auto r = nested(value, at, "signal", false, into(out.signal, any_integer))) return r;
  return nested(value, at, "stderr_tail", false, into(out.stderr_tail, long_text));
}

std::optional<Refusal> read_item(StagePlan& out, const Value& value, const std::string& at) {
  if (!value.IsObject()) return refuse("type", at, "must be an object");
  if (auto r = nested(value, at, "stage", true, into(out.stage, stage_name))) return r;
  return nested(value, at, "weight", false, into(out.weight, bytes_count));
}

std::optional<Refusal> read_item(DiskInfo& out, const Value& value, const std::string& at) {
  if (!value.IsObject()) return refuse("type", at, "must be an object");
  if (auto r = nested(value, at, "index", true, into(out.index, bytes_count))) return r;
  if (auto r = nested(value, at, "name", false, into(out.name, any_text))) return r;
  if (auto r = nested(value, at, "bytes_virtual", false, into(out.bytes_virtual, bytes_count))) return r;
  return nested(value, at, "bytes_allocated", false, into(out.bytes_allocated, bytes_count));
}

template <class Item>
std::optional<Refusal> read_list(std::vector<Item>& out, const Value& value, const std::string& at) {
  if (!value.IsArray()) return refuse("type", at, "must be an array");
  if (value.Size() > list_max)
    return refuse("range", at, fmt::format("must have at most {} items", list_max));
  for (const Value& element : value.GetArray())
    if (auto r = read_item(out.emplace_back(), element, fmt::format("{}/{}", at, out.size() - 1))) return r;
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> keep_member(Data& data, std::string_view name, const Value& value,
                                   const CodecLimits& limits) {
  if (!json::nests_within(value, limits.nesting_max))
    return refuse("range", fmt::format("/data/{}", name),
                  fmt::format("must not nest more than {} levels", limits.nesting_max));
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  data.other.push_back({std::string{name}, {buffer.GetString(), buffer.GetSize()}});
  return std::nullopt;
}

std::optional<Refusal> read_member(Data& data, const Field& field, const Value& value,
                                   const CodecLimits& limits) {
  if (value.IsNull()) return std::nullopt;
  Reader reader{fmt::format("/data/{}", field.name), {}};
  return std::visit(
      [&](auto slot) -> std::optional<Refusal> {
        using S = decltype(slot);
        if constexpr (std::is_same_v<S, Composite>) {
          if (slot == Composite::object ? !value.IsObject() : !value.IsArray())
            return refuse("type", reader.pointer,
                          slot == Composite::object ? "must be an object" : "must be an array");
          return keep_member(data, field.name, value, limits);
        } else if constexpr (std::is_same_v<S, std::optional<Failure> Data::*>) {
          return read_failure((data.*slot).emplace(), value, reader.pointer);
        } else if constexpr (std::is_same_v<S, std::vector<StagePlan> Data::*> ||
                             std::is_same_v<S, std::vector<DiskInfo> Data::*>) {
          return read_list(data.*slot, value, reader.pointer);
        } else if constexpr (std::is_same_v<S, Data::Flag Data::*>) {
          reader.flag(value, (data.*slot).emplace());
        } else if constexpr (std::is_same_v<S, Data::Text Data::*>) {
          reader.text(value, field, (data.*slot).emplace());
        } else if constexpr (std::is_same_v<S, Data::Integer Data::*>) {
          reader.integer(value, field, (data.*slot).emplace());
        } else {
          reader.number(value, field, (data.*slot).emplace());
        }
        return reader.refusal;
      },
      field.slot);
}

}  // namespace godwit::event
