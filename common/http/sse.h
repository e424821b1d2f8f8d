// Server-sent events (WHATWG HTML, section 9.2) as text. Pure functions; send the result with a StreamWriter.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/http/response.h"

namespace godwit::http {

struct SseEvent {
  std::string event = {};  // no line when empty; the browser calls it "message"
  std::string id = {};     // no line when empty; comes back as Last-Event-ID
  std::string data = {};   // may have many lines
};

// One frame with its closing blank line. Line breaks of any kind split `data` into data lines; `event` and
// `id` lose control characters, which would end their line early.
std::string sse_frame(const SseEvent& event);
// How long a browser waits before it connects again.
std::string sse_retry(Millis wait);
// A comment, which keeps proxies from cutting an idle connection and tells us when the client has gone.
std::string_view sse_heartbeat();

// 200 text/event-stream, never cached and never buffered by a proxy.
Response sse_response(std::function<void(StreamWriter&)> stream);

}  // namespace godwit::http
