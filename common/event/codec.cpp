#include "common/event/codec.h"

#include <fmt/format.h>

#include "common/event/envelope.h"
#include "common/event/fields.h"
#include "common/event/repeated.h"

namespace godwit::event {
namespace {

using rapidjson::Value;

Refused refuse(std::string kind, std::string detail) {
  return Refusal{std::move(kind), "", std::move(detail)};
}

// A parsed document with its memory on the stack for common sizes.
class Parsed {
 public:
  Refused parse(std::string_view json, const CodecLimits& limits) {
    if (json.size() > limits.event_bytes_max)
      return refuse("too_large", fmt::format("{} bytes are more than the limit of {}", json.size(),
                                             limits.event_bytes_max));
    document_.Parse<json::parse_flags>(json.data(), json.size());
    if (document_.HasParseError()) return explain(json);
    // Data lies one level below the root, and its values are refused when they nest deeper than this.
    keep_last_of_each(document_, limits.nesting_max + 2, values_);
    return std::nullopt;
  }
  const Value& root() const { return document_; }

 private:
  using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, Allocator, Allocator>;

  Refused explain(std::string_view json) {
    const auto code = document_.GetParseError();
    std::string detail =
        fmt::format("no JSON at byte {}: {}", document_.GetErrorOffset(), rapidjson::GetParseError_En(code));
    if (code != rapidjson::kParseErrorStringInvalidEncoding) return refuse("not_json", std::move(detail));
    // It is JSON in another encoding only if nothing else is wrong with it.
    constexpr unsigned any_bytes = json::parse_flags & ~unsigned{rapidjson::kParseValidateEncodingFlag};
    document_.Parse<any_bytes>(json.data(), json.size());
    return refuse(document_.HasParseError() ? "not_json" : "invalid_utf8", std::move(detail));
  }

  char value_bytes_[8 * 1024];  // left uninitialised: they are only storage
  char stack_bytes_[4 * 1024];
  Allocator values_{value_bytes_, sizeof(value_bytes_)};
  Allocator stack_{stack_bytes_, sizeof(stack_bytes_)};
  Document document_{&values_, sizeof(stack_bytes_) / 2, &stack_};
};

Refused read_data(Event& event, const Value& value, const CodecLimits& limits) {
  const bool unknown = event.type == Type::unknown;
  if (value.IsObject()) return under("data", read_data(event.data, value, limits, unknown));
  if (unknown) return std::nullopt;
  if (value.IsNull()) return under("data", refuse("missing", "is required"));
  return under("data", refuse("type", "must be an object"));
}

Refused decode_structured_into(Event& event, std::string_view json, const CodecLimits& limits) {
  Parsed parsed;
  if (auto refusal = parsed.parse(json, limits)) return refusal;
  if (!parsed.root().IsObject()) return refuse("not_object", "an event is a JSON object");
  Envelope envelope{event};
  static const Value absent;
  const Value* data = &absent;
  for (const auto& member : parsed.root().GetObject()) {
    const std::string_view name{member.name.GetString(), member.name.GetStringLength()};
    if (name == "data") {
      data = &member.value;
    } else if (auto refusal = envelope.set(name, member.value)) {
      return refusal;
    }
  }
  if (auto refusal = envelope.check_complete()) return refusal;
  if (auto refusal = read_data(event, *data, limits)) return refusal;
  return validate(event);
}

Refused decode_binary_into(Event& event, const std::vector<Attribute>& attributes, std::string_view data_json,
                           const CodecLimits& limits) {
  Envelope envelope{event};
  for (const Attribute& attribute : attributes)
    if (auto refusal = envelope.set(attribute.name, attribute.value)) return refusal;
  if (auto refusal = envelope.check_complete()) return refusal;
  Parsed parsed;
  if (!data_json.empty())
    if (auto refusal = parsed.parse(data_json, limits)) return refusal;
  if (auto refusal = read_data(event, parsed.root(), limits)) return refusal;
  return validate(event);
}

}  // namespace

Decoded decode_structured(std::string_view json, const CodecLimits& limits) {
  Decoded out{Event{}};  // filled in place: an Event is large to move
  if (auto refusal = decode_structured_into(*out, json, limits)) out = *std::move(refusal);
  return out;
}

Decoded decode_binary(const std::vector<Attribute>& attributes, std::string_view data_json,
                      const CodecLimits& limits) {
  Decoded out{Event{}};
  if (auto refusal = decode_binary_into(*out, attributes, data_json, limits)) out = *std::move(refusal);
  return out;
}

}  // namespace godwit::event
