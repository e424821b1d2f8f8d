#include "common/http/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>

#include "common/http/encoding.h"
#include "common/http/websocket.h"

namespace godwit::http {
namespace {

// A moment after which waiting ends. Steady: never moved by someone setting the clock.
using Deadline = std::chrono::steady_clock::time_point;

std::string_view text_or_empty(const char* text) { return text == nullptr ? "" : text; }

std::size_t count_headers(const mg_request_info& info, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      info.http_headers, info.http_headers + info.num_headers,
      [&](const auto& header) { return equal_ignoring_case(text_or_empty(header.name), name); }));
}

// What CivetWeb lets pass and must not: anything about the body's length that two readers could take
// differently, and headers past the number it keeps, which it drops in silence.
std::optional<Response> refuse_ambiguous(mg_connection* connection, const mg_request_info& info) {
  if (info.num_headers >= MG_MAX_HEADERS)
    return problem(431, fmt::format("a request has at most {} headers", MG_MAX_HEADERS - 1));
  const std::size_t lengths = count_headers(info, "Content-Length");
  const std::size_t encodings = count_headers(info, "Transfer-Encoding");
  if (lengths + encodings > 1)
    return problem(400, "a request has one Content-Length or one Transfer-Encoding, not both");
  if (lengths == 1) {
    const std::string_view digits = text_or_empty(mg_get_header(connection, "Content-Length"));
    constexpr std::size_t digits_max = 18;
    if (digits.empty() || digits.size() > digits_max ||
        digits.find_first_not_of("0123456789") != std::string_view::npos)
      return problem(400, "Content-Length must be a whole number");
  }
  return std::nullopt;
}

enum class BodyEnd { whole, too_large, too_slow, broken };

// Reads the body in small pieces, since one call may wait as long for a full piece as bytes trickle in.
BodyEnd read_body(mg_connection* connection, const mg_request_info& info, const ExchangeLimits& limits,
                  std::string& body) {
  const bool sized = info.content_length >= 0;
  if (sized && static_cast<unsigned long long>(info.content_length) > limits.body_bytes_max)
    return BodyEnd::too_large;
  const bool chunked = mg_get_header(connection, "Transfer-Encoding") != nullptr;
  if (!chunked && info.content_length <= 0) return BodyEnd::whole;
  const Deadline deadline = std::chrono::steady_clock::now() + limits.body_time_max;
  std::array<char, 2048> piece;  // NOLINT: filled by mg_read
  if (sized) body.reserve(static_cast<std::size_t>(info.content_length));
  while (true) {
    const int got = mg_read(connection, piece.data(), piece.size());
    if (got > 0) body.append(piece.data(), static_cast<std::size_t>(got));
    if (body.size() > limits.body_bytes_max) return BodyEnd::too_large;
    if (sized && body.size() == static_cast<std::size_t>(info.content_length)) return BodyEnd::whole;
    if (got == 0 && chunked) return BodyEnd::whole;
    const bool late = std::chrono::steady_clock::now() > deadline;
    if (got <= 0) return late ? BodyEnd::too_slow : BodyEnd::broken;
    if (late) return BodyEnd::too_slow;
  }
}

// Closing with unread bytes resets the connection, and the client may never see the answer.
void discard_body(mg_connection* connection, const ExchangeLimits& limits) {
  const Deadline deadline = std::chrono::steady_clock::now() + limits.body_time_max;
  std::array<char, 2048> piece;  // NOLINT: filled by mg_read
  std::size_t left = limits.discard_bytes_max;
  while (left > 0 && std::chrono::steady_clock::now() < deadline) {
    const int got = mg_read(connection, piece.data(), piece.size());
    if (got <= 0) return;
    left -= std::min(left, static_cast<std::size_t>(got));
  }
}

Response body_refusal(BodyEnd end, const ExchangeLimits& limits) {
  switch (end) {
    case BodyEnd::too_large:
      return problem(413, fmt::format("the body must be at most {} bytes", limits.body_bytes_max));
    case BodyEnd::too_slow:
      return problem(408, "the body did not arrive in time");
    case BodyEnd::broken:
    case BodyEnd::whole:
      break;
  }
  return problem(400, "the body is cut off or badly chunked");
}

// CivetWeb's own decision, which it does not tell.
bool keeps_alive(const mg_connection* connection) {
  const mg_request_info& info = *mg_get_request_info(connection);
  if (const char* wish = mg_get_header(connection, "Connection")) return has_token(wish, "keep-alive");
  return text_or_empty(info.http_version) == "1.1";
}

std::string head_of(const Response& response, bool close) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  if (!response.content_type.empty()) out += fmt::format("Content-Type: {}\r\n", response.content_type);
  for (const auto& [name, value] : response.headers)
    out += fmt::format("{}: {}\r\n", printable(name), printable(value));
  out += "X-Content-Type-Options: nosniff\r\n";
  out += close ? "Connection: close\r\n" : "Connection: keep-alive\r\n";
  return out;
}

bool write_all(mg_connection* connection, std::string_view bytes) {
  return mg_write(connection, bytes.data(), bytes.size()) == static_cast<int>(bytes.size());
}

}  // namespace

std::variant<Request, Response> read_request(mg_connection* connection, const ExchangeLimits& limits) {
  const mg_request_info& info = *mg_get_request_info(connection);
  // What follows a request we refuse to understand cannot be told from its body.
  const auto refuse = [&](Response response, bool discard) {
    mg_disable_connection_keep_alive(connection);
    if (discard) discard_body(connection, limits);
    return response;
  };
  if (auto refusal = refuse_ambiguous(connection, info)) return refuse(std::move(*refusal), false);
  std::string target{text_or_empty(info.local_uri_raw)};
  if (info.query_string != nullptr) target.append("?").append(info.query_string);
  auto request = make_request(std::string{text_or_empty(info.request_method)}, target);
  if (!request) return refuse(problem(400, request.error().message), true);
  for (int i = 0; i < info.num_headers; ++i)
    request->headers.emplace_back(text_or_empty(info.http_headers[i].name),
                                  text_or_empty(info.http_headers[i].value));
  request->remote_address = info.remote_addr;
  const bool fits = info.content_length <= static_cast<long long>(limits.body_bytes_max);
  if (const auto expect = request->header("Expect");
      expect && fits && equal_ignoring_case(*expect, "100-continue"))
    write_all(connection, "HTTP/1.1 100 Continue\r\n\r\n");
  const BodyEnd end = read_body(connection, info, limits, request->body);
  // A client that waits for "100 Continue" and is refused sends nothing to discard.
  const bool sends_more = end == BodyEnd::too_large && (fits || !request->header("Expect"));
  if (end != BodyEnd::whole) return refuse(body_refusal(end, limits), sends_more);
  return std::move(*request);
}

void write_response(mg_connection* connection, const Response& response, bool close) {
  const bool closing = close || !keeps_alive(connection);
  if (closing) mg_disable_connection_keep_alive(connection);
  std::string out = head_of(response, closing);
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless)
    out += fmt::format("Content-Length: {}\r\n", response.content_length.value_or(response.body.size()));
  out += "\r\n";
  if (!bodiless) out += response.body;
  // A write cut short leaves the client in the middle of a body: the next answer must not follow it.
  if (!write_all(connection, out)) mg_disable_connection_keep_alive(connection);
}

std::string live_head(const Response& response) { return head_of(response, true) + "\r\n"; }

std::string websocket_switch(std::string_view key) {
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n\r\n",
      websocket_accept(key));
}

ConnectionStream::ConnectionStream(mg_connection* connection, std::stop_token stop)
    : connection_(connection),
      stop_(std::move(stop)),
      chunked_(text_or_empty(mg_get_request_info(connection)->http_version) == "1.1") {}

bool ConnectionStream::open(const Response& head) {
  mg_disable_connection_keep_alive(connection_);
  std::string out = head_of(head, true);
  if (chunked_) out += "Transfer-Encoding: chunked\r\n";
  alive_ = write_all(connection_, out + "\r\n");
  return alive_;
}

bool ConnectionStream::send(std::string_view bytes) {
  if (!alive_ || bytes.empty()) return alive_;  // an empty chunk would end the stream
  alive_ = chunked_ ? write_all(connection_, fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes))
                    : write_all(connection_, bytes);
  return alive_;
}

void ConnectionStream::finish() {
  if (alive_ && chunked_) write_all(connection_, "0\r\n\r\n");
}

}  // namespace godwit::http
