#include "common/event/codec.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/event/fields.h"

namespace godwit::event {
namespace {

using rapidjson::Value;
using Refused = std::optional<Refusal>;

Refusal refuse(std::string kind, std::string pointer, std::string detail) {
  return {std::move(kind), std::move(pointer), std::move(detail)};
}

// The attributes an event is gathered from, before anything is known to be there.
struct Envelope {
  Event event;
  bool has_specversion = false;
  bool has_time = false;
};

bool is_json_content_type(std::string_view type) {
  const std::string_view media = type.substr(0, type.find(';'));
  return media == "application/json" || media.ends_with("+json") || media == "text/json";
}

bool is_sequence(std::string_view text) {
  return text.size() == 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// W3C Trace Context, section 3.2: version "-" trace-id "-" parent-id "-" flags, all lower-case hex.
bool is_traceparent(std::string_view text) {
  constexpr std::string_view form = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (form[i] == 'x' ? !hex : text[i] != '-') return false;
  }
  return true;
}

struct Limit {
  std::string_view name;
  std::size_t bytes_max;
};
constexpr Limit attribute_limits[] = {{"id", 256}, {"source", 1024}, {"type", 256}, {"subject", 256}};

Refused check_attribute(std::string_view name, std::string_view value) {
  const std::string pointer = fmt::format("/{}", name);
  if (has_control_character(value)) return refuse("pattern", pointer, "must not contain control characters");
  for (const Limit& limit : attribute_limits) {
    if (name != limit.name) continue;
    if (value.empty()) return refuse("range", pointer, "must not be empty");
    if (value.size() > limit.bytes_max)
      return refuse("range", pointer, fmt::format("must be at most {} bytes", limit.bytes_max));
  }
  if (name == "source" && value.find_first_of(" <>\"{}|\\^`") != std::string_view::npos)
    return refuse("pattern", pointer, "must be a URI reference");
  return std::nullopt;
}

Refused set_extension(Envelope& into, std::string_view name, std::string_view value) {
  constexpr std::size_t extensions_max = 64;
  const std::string pointer = fmt::format("/{}", name.substr(0, 64));
  if (!matches(Shape::token, name))
    return refuse("pattern", pointer, "attribute names are lower-case letters and digits");
  if (into.event.extensions.size() == extensions_max)
    return refuse("range", pointer,
                  fmt::format("an event has at most {} extension attributes", extensions_max));
  into.event.extensions.emplace_back(name, value);
  return std::nullopt;
}

Refused set_time(Envelope& into, std::string_view value) {
  auto time = parse_rfc3339(value);
  if (!time) return refuse("pattern", "/time", time.error().message);
  into.event.time = *time;
  into.has_time = true;
  return std::nullopt;
}

// The one place where an attribute gets its meaning, whichever mode it came in.
Refused set_attribute(Envelope& into, std::string_view name, std::string_view value) {
  Event& event = into.event;
  if (auto refusal = check_attribute(name, value)) return refusal;
  if (name == "id") {
    event.id = value;
  } else if (name == "source") {
    event.source = value;
  } else if (name == "subject") {
    event.subject = value;
  } else if (name == "type") {
    event.type_name = value;
    event.type = type_from_name(value);
  } else if (name == "time") {
    return set_time(into, value);
  } else if (name == "specversion") {
    into.has_specversion = true;
    if (value != "1.0") return refuse("const", "/specversion", "must be \"1.0\"");
  } else if (name == "datacontenttype") {
    if (!is_json_content_type(value)) return refuse("const", "/datacontenttype", "must be application/json");
  } else if (name == "sequence") {
    if (!is_sequence(value)) return refuse("pattern", "/sequence", "must be 20 digits, padded with zeros");
    event.sequence = value;
  } else if (name == "traceparent") {
    if (!is_traceparent(value)) return refuse("pattern", "/traceparent", "must be a W3C traceparent");
    event.traceparent = value;
  } else if (name == "dataschema") {
    event.dataschema = value;
  } else {
    return set_extension(into, name, value);
  }
  return std::nullopt;
}

Refused read_data(Event& event, const Value& value, const CodecLimits& limits) {
  if (value.IsNull()) return std::nullopt;
  if (!value.IsObject()) {
    if (event.type == Type::unknown) return std::nullopt;
    return refuse("type", "/data", "must be an object");
  }
  for (const auto& member : value.GetObject()) {
    const std::string_view name{member.name.GetString(), member.name.GetStringLength()};
    const Field* field = find_field(name);
    auto refusal = field != nullptr ? read_member(event.data, *field, member.value, limits)
                                    : keep_member(event.data, name, member.value, limits);
    // A type this build does not know may use our names in its own way.
    if (refusal && event.type != Type::unknown) return refusal;
  }
  return std::nullopt;
}

Refused check_complete(const Envelope& envelope, bool has_data) {
  const Event& event = envelope.event;
  if (!envelope.has_specversion) return refuse("missing", "/specversion", "is required");
  if (event.id.empty()) return refuse("missing", "/id", "is required");
  if (event.source.empty()) return refuse("missing", "/source", "is required");
  if (event.type_name.empty()) return refuse("missing", "/type", "is required");
  if (event.subject.empty()) return refuse("missing", "/subject", "is required");
  if (!envelope.has_time) return refuse("missing", "/time", "is required");
  if (event.type != Type::unknown && !has_data) return refuse("missing", "/data", "is required");
  return validate(event);
}

// A parsed document with its memory on the stack for common sizes.
class Parsed {
 public:
  Refused parse(std::string_view json, const CodecLimits& limits) {
    if (json.size() > limits.event_bytes_max)
      return refuse(
          "too_large", "",
          fmt::format("{} bytes are more than the limit of {}", json.size(), limits.event_bytes_max));
    document_.Parse<json::parse_flags>(json.data(), json.size());
    if (!document_.HasParseError()) return std::nullopt;
    const auto code = document_.GetParseError();
    const bool utf8 = code == rapidjson::kParseErrorStringInvalidEncoding;
    return refuse(
        utf8 ? "invalid_utf8" : "not_json", "",
        fmt::format("no JSON at byte {}: {}", document_.GetErrorOffset(), rapidjson::GetParseError_En(code)));
  }
  const Value& root() const { return document_; }

 private:
  char buffer_[16 * 1024];  // left uninitialised: it is only storage
  rapidjson::MemoryPoolAllocator<> pool_{buffer_, sizeof(buffer_)};
  rapidjson::Document document_{&pool_};
};

// Attribute values may be JSON strings, booleans or integers (CloudEvents JSON format, section 2.2).
Refused set_from_json(Envelope& into, std::string_view name, const Value& value) {
  if (value.IsNull()) return std::nullopt;
  if (value.IsString()) return set_attribute(into, name, {value.GetString(), value.GetStringLength()});
  constexpr std::string_view texts[] = {
      "id",          "source",          "type",       "subject",  "time",
      "specversion", "datacontenttype", "dataschema", "sequence", "traceparent"};
  const bool must_be_text = std::find(std::begin(texts), std::end(texts), name) != std::end(texts);
  if (value.IsBool() && !must_be_text) return set_attribute(into, name, value.GetBool() ? "true" : "false");
  if (value.IsInt() && !must_be_text)
    return set_attribute(into, name, fmt::format_int(value.GetInt()).c_str());
  return refuse("type", fmt::format("/{}", name.substr(0, 64)), "must be a string");
}

}  // namespace

Decoded decode_structured(std::string_view json, const CodecLimits& limits) {
  Parsed parsed;
  if (auto refusal = parsed.parse(json, limits)) return *refusal;
  if (!parsed.root().IsObject()) return refuse("not_object", "", "an event is a JSON object");
  Envelope envelope;
  const Value* data = nullptr;
  for (const auto& member : parsed.root().GetObject()) {
    const std::string_view name{member.name.GetString(), member.name.GetStringLength()};
    if (name == "data") {
      data = &member.value;
    } else if (name == "data_base64") {
      return refuse("type", "/data_base64", "binary data is not supported; send data as JSON");
    } else if (auto refusal = set_from_json(envelope, name, member.value)) {
      return *refusal;
    }
  }
  if (data != nullptr)
    if (auto refusal = read_data(envelope.event, *data, limits)) return *refusal;
  if (auto refusal = check_complete(envelope, data != nullptr && !data->IsNull())) return *refusal;
  return std::move(envelope.event);
}

Decoded decode_binary(const std::vector<Attribute>& attributes, std::string_view data_json,
                      const CodecLimits& limits) {
  Envelope envelope;
  for (const Attribute& attribute : attributes)
    if (auto refusal = set_attribute(envelope, attribute.name, attribute.value)) return *refusal;
  Parsed parsed;
  if (!data_json.empty()) {
    if (auto refusal = parsed.parse(data_json, limits)) return *refusal;
    if (auto refusal = read_data(envelope.event, parsed.root(), limits)) return *refusal;
  }
  if (auto refusal = check_complete(envelope, !data_json.empty())) return *refusal;
  return std::move(envelope.event);
}

}  // namespace godwit::event
