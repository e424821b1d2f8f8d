#include "producers/gateway/read_events.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/http/encoding.h"
#include "producers/gateway/batch.h"

namespace godwit::gateway {
namespace {

using One = Result<event::Event, Refused>;
using Read = Result<Reading, Refused>;

constexpr std::string_view structured_type = "application/cloudevents+json";
constexpr std::string_view batch_type = "application/cloudevents-batch+json";
constexpr std::string_view attribute_prefix = "ce-";

Refused unsupported(std::string_view type) {
  return {415, "unsupported_format", "",
          fmt::format("content type '{}' is not taken; send {} or {}, or ce- headers with application/json",
                      type.substr(0, 100), structured_type, batch_type)};
}

Refused refused_by_codec(event::Refusal refusal) {
  const int status = refusal.kind == "too_large" ? 413 : 400;
  return {status, std::move(refusal.kind), std::move(refusal.pointer), std::move(refusal.detail)};
}

// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view content_type) {
  std::string_view media = content_type.substr(0, content_type.find(';'));
  while (!media.empty() && (media.back() == ' ' || media.back() == '\t')) media.remove_suffix(1);
  return http::lower_case(media);
}

bool has_other_charset(std::string_view content_type) {
  const std::string lower = http::lower_case(content_type);
  const std::size_t at = lower.find("charset=");
  if (at == std::string::npos) return false;
  const std::string_view charset = std::string_view{lower}.substr(at + 8);
  return !charset.starts_with("utf-8") && !charset.starts_with("\"utf-8\"") &&
         !charset.starts_with("us-ascii");
}

// Section 3.1.3.2: a value in double quotes is unquoted first, then one round of percent decoding.
std::optional<std::string> attribute_value(std::string_view header) {
  if (header.size() < 2 || header.front() != '"' || header.back() != '"') return http::percent_decode(header);
  std::string unquoted;
  for (std::size_t i = 1; i + 1 < header.size(); ++i) {
    if (header[i] == '\\' && i + 2 < header.size()) ++i;
    unquoted.push_back(header[i]);
  }
  return http::percent_decode(unquoted);
}

Result<http::NameValues, Refused> attributes_of(const http::Request& request) {
  http::NameValues out;
  for (const auto& [header, value] : request.headers) {
    std::string name = http::lower_case(header);
    if (!name.starts_with(attribute_prefix)) continue;
    name.erase(0, attribute_prefix.size());
    const std::string pointer = "/" + name;
    auto decoded = attribute_value(value);
    if (!decoded || !http::is_utf8(*decoded))
      return Refused{400, "invalid_utf8", pointer, "must be percent-encoded UTF-8"};
    const bool repeated = std::any_of(out.begin(), out.end(),
                                      [&name](const auto& attribute) { return attribute.first == name; });
    if (repeated) return Refused{400, "pattern", pointer, "is given more than once"};
    out.emplace_back(std::move(name), std::move(*decoded));
  }
  return out;
}

One accept(event::Decoded decoded) {
  if (!decoded) return refused_by_codec(decoded.error());
  if (decoded->type == event::Type::unknown)
    return Refused{400, "unknown_type", "/type",
                   fmt::format("'{}' is no type of the catalogue", decoded->type_name)};
  return std::move(*decoded);
}

One read_binary(const http::Request& request, std::string_view content_type, const ReadLimits& limits) {
  auto attributes = attributes_of(request);
  if (!attributes) return attributes.error();
  const std::string media = media_type(content_type);
  if (attributes->empty() || !(media.empty() || media == "application/json" || media.ends_with("+json")))
    return unsupported(content_type);
  std::vector<event::Attribute> views;
  for (const auto& attribute : *attributes) views.push_back({attribute.first, attribute.second});
  return accept(event::decode_binary(views, request.body, limits.codec));
}

Read read_batch(const http::Request& request, const ReadLimits& limits) {
  const auto elements = split_array(request.body, limits.batch_events_max);
  if (!elements) return Refused{400, "not_json", "", "a batch is a JSON array of events"};
  if (elements->size() > limits.batch_events_max)
    return Refused{413, "too_large", "",
                   fmt::format("a batch has at most {} events", limits.batch_events_max)};
  Reading out{.is_batch = true};
  out.events.reserve(elements->size());
  for (std::size_t index = 0; index < elements->size(); ++index) {
    One one = accept(event::decode_structured((*elements)[index], limits.codec));
    if (one) {
      out.events.push_back(std::move(*one));
      out.places.push_back(index);
      continue;
    }
    Refused refused = one.error();
    refused.index = index;
    if (refused.kind == "not_json") return refused;
    out.refused.push_back(std::move(refused));
  }
  return out;
}

Read alone(One one) {
  if (!one) return one.error();
  Reading out{.places = {0}};
  out.events.push_back(std::move(*one));
  return out;
}

}  // namespace

Read read_events(const http::Request& request, const ReadLimits& limits) {
  const std::string content_type{request.header("Content-Type").value_or("")};
  const std::string media = media_type(content_type);
  if (has_other_charset(content_type)) return unsupported(content_type);
  if (media == batch_type) return read_batch(request, limits);
  if (media == structured_type) return alone(accept(event::decode_structured(request.body, limits.codec)));
  if (media.starts_with("application/cloudevents")) return unsupported(content_type);
  return alone(read_binary(request, content_type, limits));
}

}  // namespace godwit::gateway
