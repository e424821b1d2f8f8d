#include "common/http/sse.h"

#include <fmt/format.h>

#include <algorithm>

namespace godwit::http {
namespace {

std::string one_line(std::string_view text) {
  std::string out{text};
  std::erase_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return out;
}

}  // namespace

std::string sse_frame(const SseEvent& event) {
  std::string out;
  if (!event.event.empty()) out += "event: " + one_line(event.event) + "\n";
  if (!event.id.empty()) out += "id: " + one_line(event.id) + "\n";
  std::string_view rest = event.data;
  while (true) {
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    out.append("data: ").append(rest.substr(0, end)).append("\n");
    if (end == rest.size()) break;
    rest.remove_prefix(rest.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return out + "\n";
}

std::string sse_retry(Millis wait) { return fmt::format("retry: {}\n\n", wait.count()); }

std::string_view sse_heartbeat() { return ":\n\n"; }

Response sse_response(std::function<void(StreamWriter&)> stream) {
  Response response;
  response.content_type = "text/event-stream";
  response.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  response.stream = std::move(stream);
  return response;
}

}  // namespace godwit::http
