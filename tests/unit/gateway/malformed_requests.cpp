#include "tests/unit/gateway/malformed.h"
#include "tests/unit/gateway/requests.h"

namespace godwit::gateway {
namespace {

// The binary request with one header set to another value, or added; without it when there is none.
http::Request binary_with(std::string_view name, std::optional<std::string> value) {
  http::Request request = post_binary();
  std::erase_if(request.headers, [name](const auto& header) { return header.first == name; });
  if (value) request.headers.emplace_back(name, *value);
  return request;
}

Malformed attribute(std::string what, std::string_view header, std::optional<std::string> value,
                    std::string pointer, std::string detail) {
  return {std::move(what), binary_with(header, std::move(value)), 400, fmt::format("{} {}", pointer, detail),
          pointer};
}

Malformed body(std::string what, std::string bytes, std::string detail, std::string pointer) {
  http::Request request = post_binary();
  request.body = std::move(bytes);
  return {std::move(what), std::move(request), 400, std::move(detail), std::move(pointer)};
}

Malformed batch(std::string what, std::string bytes, std::string detail, std::string pointer = "",
                int status = 400) {
  return {std::move(what), post_batch(std::move(bytes)), status, std::move(detail), std::move(pointer)};
}

std::string not_taken(std::string_view content_type) {
  return fmt::format(
      "content type '{}' is not taken; send application/cloudevents+json or "
      "application/cloudevents-batch+json, "
      "or ce- headers with application/json",
      content_type);
}

Malformed media(std::string what, std::string_view content_type) {
  return {std::move(what), post(content_type, task_started("a")), 415, not_taken(content_type), ""};
}

Malformed plain(std::string what, std::string method, std::string_view target, int status,
                std::string detail) {
  return {std::move(what), *http::make_request(std::move(method), target), status, std::move(detail)};
}

}  // namespace

std::vector<Malformed> malformed_binary() {
  return {
      attribute("no ce-id", "CE-Id", std::nullopt, "/id", "is required"),
      attribute("an empty ce-id", "CE-Id", "", "/id", "must have 1 to 256 characters"),
      attribute("a broken escape", "CE-Id", "100%", "/id", "must be percent-encoded UTF-8"),
      attribute("an escape that is no UTF-8", "CE-Id", "%ff", "/id", "must be percent-encoded UTF-8"),
      attribute("a raw byte that is no UTF-8", "CE-Id", "\xff", "/id", "must be percent-encoded UTF-8"),
      attribute("an escaped line break", "CE-Id", "a%0Ab", "/id", "must be text without control characters"),
      attribute("an attribute twice", "ce-ID", "b-2", "/id", "is given more than once"),
      attribute("ce-specversion 2.0", "ce-specversion", "2.0", "/specversion", "must be \"1.0\""),
      attribute("no ce-type", "ce-type", std::nullopt, "/type", "is required"),
      attribute("an unknown ce-type", "ce-type", "task.started", "/type",
                "'task.started' is no type of the catalogue"),
      attribute("no ce-time", "ce-time", std::nullopt, "/time", "is required"),
      attribute("a ce-time that is none", "ce-time", "yesterday", "/time",
                "'yesterday' is not an RFC 3339 time such as 2026-11-21T09:54:19.257Z"),
      attribute("an underscore in a name", "ce-my_ext", "x", "/my_ext",
                "attributes are named with lower-case letters and digits"),
      body("no data", "", "/data is required", "/data"),
      body("data that is no JSON", "vm_name=web-1", "no JSON at byte 0: Invalid value.", ""),
      body("data that is a list", "[]", "/data must be an object", "/data"),
      body("a whole event as data", task_started("a"), "/data/source must be an object", "/data/source"),
  };
}

std::vector<Malformed> malformed_requests() {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  std::string zeroes;
  for (int i = 0; i < 1'000; ++i) zeroes += ",0";
  return {
      batch("an event in batch mode", task_started("a"), "a batch is a JSON array of events"),
      batch("a batch cut off", fmt::format("[{},", task_started("a")), "a batch is a JSON array of events"),
      batch("a batch with a comma too many", batch_of({task_started("a"), ""}),
            "event 1 of the batch: no JSON at byte 0: The document is empty."),
      batch("a batch with a word in it", batch_of({task_started("a"), "event"}),
            "event 1 of the batch: no JSON at byte 0: Invalid value."),
      batch("a batch of numbers", "[1,2]", "event 0 of the batch: an event is a JSON object"),
      batch("a batch of batches", "[[]]", "event 0 of the batch: an event is a JSON object"),
      batch("a batch nested without end", deep, "event 0 of the batch: an event is a JSON object"),
      batch("a batch of one bad event", batch_of({task_started("")}),
            "event 0 of the batch: /id must have 1 to 256 characters", "/id"),
      batch("a batch of 1001 events", fmt::format("[0{}]", zeroes), "a batch has at most 1000 events", "",
            413),
      media("no content type", ""),
      media("a form", "application/x-www-form-urlencoded"),
      media("JSON without attributes", "application/json"),
      media("Avro", "application/cloudevents+avro"),
      media("a batch in Avro", "application/cloudevents-batch+avro"),
      media("another charset", "application/cloudevents+json; charset=utf-16"),
      {"binary XML", binary_with("Content-Type", "text/xml"), 415, not_taken("text/xml"), ""},
      plain("GET", "GET", "/api/v1/events", 405, "this path answers POST"),
      plain("DELETE", "DELETE", "/api/v1/events", 405, "this path answers POST"),
      plain("OPTIONS where no page is named", "OPTIONS", "/api/v1/events", 405, "this path answers POST"),
      plain("a slash too many", "POST", "/api/v1/events/", 404, "there is nothing at /api/v1/events/"),
      plain("another version", "POST", "/api/v2/events", 404, "there is nothing at /api/v2/events"),
      plain("a broken escape in the path", "POST", "/api/%zz", 400,
            "the path holds a broken escape or bytes that are no UTF-8"),
      {"an empty key", with_header(post_structured(task_started("a")), "Idempotency-Key", ""), 400,
       "Idempotency-Key must be 1 to 255 visible ASCII characters"},
      {"a key too long",
       with_header(post_structured(task_started("a")), "Idempotency-Key", std::string(256, 'k')), 400,
       "Idempotency-Key must be 1 to 255 visible ASCII characters"},
  };
}

}  // namespace godwit::gateway
