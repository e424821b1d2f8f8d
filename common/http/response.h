// Response: an HTTP answer as a value, and the ways to make one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/http/request.h"
#include "common/http/stream.h"

namespace godwit::http {

struct LiveStream;

struct Response {
  int status = 200;
  std::string content_type = {};
  std::string body = {};
  NameValues headers = {};  // beyond Content-Type, Content-Length and Connection, which the server writes
  // When set, the body is empty and this function sends it, on the connection's own thread, after the head.
  std::function<void(StreamWriter&)> stream = {};
  // When set, the connection becomes a live stream (live.h); body and `stream` are empty.
  std::shared_ptr<const LiveStream> live = {};
  // A stream that broke off must not pass for a whole one: a client of HTTP/1.0, which could not tell, gets
  // 505.
  bool end_must_show = false;
  // Announced instead of the body's size: in answers to HEAD.
  std::optional<std::size_t> content_length = {};
};

Response json_response(std::string body, int status = 200);
Response text_response(std::string body, int status = 200);
Response html_response(std::string body, int status = 200);

// Text that already is one JSON value.
struct JsonText {
  std::string json;
};

// A member of a problem beyond the standard ones.
using ProblemMember = std::pair<std::string, std::variant<std::string, std::int64_t, JsonText>>;

// RFC 9457: {"type":"about:blank","title":...,"status":...,"detail":...} and the members. Text that is no
// UTF-8, as input may be, is made printable.
Response problem(int status, std::string_view detail, const std::vector<ProblemMember>& members = {});

// A problem with Retry-After: 429, 503, 409.
Response retry_later(int status, std::string_view detail, int retry_after_seconds,
                     const std::vector<ProblemMember>& members = {});
// The same with 503.
Response unavailable(std::string_view detail, int retry_after_seconds);

// "Not Found" for 404; "Unknown" for a status without a name here.
std::string_view reason_phrase(int status);

}  // namespace godwit::http
