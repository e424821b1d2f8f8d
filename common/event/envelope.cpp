#include "common/event/envelope.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <variant>

#include "common/event/name_table.h"

namespace godwit::event {
namespace {

using rapidjson::Value;

// What happens with the text of an attribute: it has a place in Event, or one of these meanings.
enum class Meaning : std::uint8_t { version, type, time, content_type };
using Place = std::variant<std::string Event::*, std::optional<std::string> Event::*, Meaning>;

struct Row {
  std::string_view name;
  Rule rule;
  Place place;
  bool required = false;
};

constexpr double any_length = 1e9;  // bounded by the size of the event
constexpr Rule a_line(double low, double high, Form form = Form::line) {
  return {.kind = Kind::text, .low = low, .high = high, .form = form};
}
constexpr bool required = true;

constexpr auto table = std::to_array<Row>({
    {"specversion", a_line(0, any_length, Form::any), Meaning::version, required},
    {"id", a_line(1, 256), &Event::id, required},
    {"source", a_line(1, 1024, Form::uri_reference), &Event::source, required},
    {"type", a_line(1, 256), Meaning::type, required},
    {"subject", a_line(1, 256), &Event::subject, required},
    {"time", a_line(0, any_length, Form::any), Meaning::time, required},
    {"sequence", a_line(0, any_length, Form::sequence), &Event::sequence},
    {"traceparent", a_line(0, any_length, Form::traceparent), &Event::traceparent},
    {"dataschema", a_line(1, any_length, Form::uri_reference), &Event::dataschema},
    {"datacontenttype", a_line(0, any_length, Form::json_type), Meaning::content_type},
});
constexpr NameTable<table.size()> by_name{table};

Refused refuse(std::string kind, std::string detail) {
  return Refusal{std::move(kind), "", std::move(detail)};
}

Refused check_name(std::string_view name) {
  if (matches(Form::attribute_name, name) && name != "data") return std::nullopt;
  return refuse("pattern", "attributes are named with lower-case letters and digits");
}

// The text of an extension: strings as they are, booleans and integers in the form CloudEvents gives them.
Result<std::string, Refusal> extension_text(const Value& value) {
  constexpr double low = std::numeric_limits<std::int32_t>::min();
  constexpr double high = std::numeric_limits<std::int32_t>::max();
  constexpr Rule integer{.kind = Kind::integer, .low = low, .high = high};
  if (value.IsBool()) return std::string{value.GetBool() ? "true" : "false"};
  if (!value.IsNumber()) return Refusal{"type", "", "must be a string, a boolean or an integer"};
  if (auto refusal = check(value, integer)) return *std::move(refusal);
  return std::string{fmt::format_int(static_cast<std::int64_t>(value.GetDouble())).c_str()};
}

}  // namespace

Refused Envelope::set(std::string_view name, const Value& value) {
  if (name == "data_base64")
    return value.IsNull() ? std::nullopt : under(name, refuse("type", "is not supported; send data as JSON"));
  const std::size_t row = by_name.find(name);
  if (row == by_name.npos)
    if (auto refusal = check_name(name)) return under(name, std::move(refusal));
  if (value.IsNull()) return std::nullopt;
  const std::string_view text =
      value.IsString() ? std::string_view{value.GetString(), value.GetStringLength()} : std::string_view{};
  if (row != by_name.npos)
    return value.IsString() ? set_known(row, text) : under(name, refuse("type", "must be a string"));
  if (value.IsString()) return set_extension(name, text);
  const auto written = extension_text(value);
  return written ? set_extension(name, *written) : under(name, written.error());
}

Refused Envelope::set(std::string_view name, std::string_view value) {
  if (!is_utf8(value)) return under(name, refuse("invalid_utf8", "must be UTF-8"));
  const std::size_t row = by_name.find(name);
  if (row != by_name.npos) return set_known(row, value);
  if (auto refusal = check_name(name)) return under(name, std::move(refusal));
  if (name == "data_base64") return under(name, refuse("type", "is not supported; send data as JSON"));
  return set_extension(name, value);
}

Refused Envelope::set_known(std::size_t row, std::string_view value) {
  const Row& attribute = table[row];
  if (auto refusal = check_text(value, attribute.rule)) return under(attribute.name, std::move(refusal));
  present_ |= 1U << row;
  if (const auto* place = std::get_if<std::string Event::*>(&attribute.place)) {
    event_.*(*place) = value;
  } else if (const auto* maybe = std::get_if<std::optional<std::string> Event::*>(&attribute.place)) {
    event_.*(*maybe) = value;
  } else {
    switch (std::get<Meaning>(attribute.place)) {
      case Meaning::version:
        if (value != "1.0") return under(attribute.name, refuse("const", "must be \"1.0\""));
        break;
      case Meaning::type:
        event_.type_name = value;
        event_.type = type_from_name(value);
        break;
      case Meaning::time: {
        const auto time = parse_rfc3339(value);
        if (!time) return under(attribute.name, refuse("pattern", time.error().message));
        event_.time = *time;
        break;
      }
      case Meaning::content_type:  // all our data is JSON, so there is nothing to remember
        break;
    }
  }
  return std::nullopt;
}

Refused Envelope::set_extension(std::string_view name, std::string_view value) {
  constexpr std::size_t extensions_max = 64;
  if (!matches(Form::line, value))
    return under(name, refuse("pattern", fmt::format("must be {}", describe(Form::line))));
  for (auto& [known, old] : event_.extensions) {
    if (known != name) continue;
    old = value;
    return std::nullopt;
  }
  if (event_.extensions.size() == extensions_max)
    return under(name, refuse("range", fmt::format("an event has at most {} extensions", extensions_max)));
  event_.extensions.emplace_back(name, value);
  return std::nullopt;
}

Refused Envelope::check_complete() const {
  for (std::size_t row = 0; row < table.size(); ++row)
    if (table[row].required && (present_ >> row & 1U) == 0)
      return under(table[row].name, refuse("missing", "is required"));
  return std::nullopt;
}

}  // namespace godwit::event
