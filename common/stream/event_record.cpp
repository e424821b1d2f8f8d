#include "common/stream/event_record.h"

#include <strings.h>

namespace godwit::stream {
namespace {

constexpr std::string_view structured_type = "application/cloudevents";
constexpr std::string_view attribute_prefix = "ce_";

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && strncasecmp(text.data(), prefix.data(), prefix.size()) == 0;
}

event::Decoded decode_structured_record(const Record& record, std::string_view content_type,
                                        const event::CodecLimits& limits) {
  std::string_view media = content_type.substr(0, content_type.find(';'));
  while (media.ends_with(' ') || media.ends_with('\t')) media.remove_suffix(1);
  if (!media.empty() &&
      !(starts_with_ignoring_case(media, "application/cloudevents+json") && media.size() == 28))
    return event::Refusal{
        "unsupported_format", "",
        fmt::format("content-type '{}' is not application/cloudevents+json", media.substr(0, 64))};
  return event::decode_structured(*record.value, limits);
}

event::Decoded decode_binary_record(const Record& record, std::optional<std::string_view> content_type,
                                    const event::CodecLimits& limits) {
  std::vector<event::Attribute> attributes;
  attributes.reserve(record.headers.size() + 1);
  for (const HeaderView& header : record.headers)
    if (header.value && starts_with_ignoring_case(header.name, attribute_prefix))
      attributes.push_back({header.name.substr(attribute_prefix.size()), *header.value});
  if (content_type) attributes.push_back({"datacontenttype", *content_type});
  return event::decode_binary(attributes, record.value.value_or(""), limits);
}

bool has_attribute_headers(const Record& record) {
  for (const HeaderView& header : record.headers)
    if (starts_with_ignoring_case(header.name, attribute_prefix)) return true;
  return false;
}

event::Decoded check_key(const Record& record, event::Decoded decoded) {
  if (!decoded || (record.key && *record.key == decoded->subject)) return decoded;
  return event::Refusal{"key_mismatch", "/subject", "the record key must equal the subject"};
}

}  // namespace

event::Decoded decode(const Record& record, const event::CodecLimits& limits) {
  const auto content_type = record.header("content-type");
  const bool structured = content_type ? starts_with_ignoring_case(*content_type, structured_type)
                                       : !has_attribute_headers(record);
  if (!structured) return check_key(record, decode_binary_record(record, content_type, limits));
  if (!record.value) return event::Refusal{"no_value", "", "the record has no value"};
  return check_key(record, decode_structured_record(record, content_type.value_or(""), limits));
}

OutRecord encode(const event::Event& event, ContentMode mode) {
  OutRecord out{.topic = std::string{event::topic_name(event::info(event.type).topic)},
                .key = event.subject,
                .value = {},
                .headers = {}};
  if (mode == ContentMode::structured) {
    out.value = event::encode_structured(event);
    out.headers.emplace_back("content-type", "application/cloudevents+json; charset=UTF-8");
    return out;
  }
  for (auto& [name, value] : event::encode_attributes(event))
    out.headers.emplace_back("ce_" + name, std::move(value));
  out.headers.emplace_back("content-type", "application/json");
  out.value = event::encode_data(event.data);
  return out;
}

}  // namespace godwit::stream
