#include "common/http/sse.h"

#include <doctest/doctest.h>

namespace godwit::http {

TEST_CASE("a frame has a line per field and ends in a blank line") {
  CHECK(sse_frame({.event = "progress", .id = "7:12", .data = "{}"}) ==
        "event: progress\nid: 7:12\ndata: {}\n\n");
  CHECK(sse_frame({.data = "x"}) == "data: x\n\n");
  CHECK(sse_frame({}) == "data: \n\n");
  CHECK(sse_retry(Millis{3000}) == "retry: 3000\n\n");
  CHECK(sse_heartbeat() == ":\n\n");
}

TEST_CASE("data of many lines is split at every kind of line break") {
  CHECK(sse_frame({.data = "a\nb\r\nc\rd\n"}) == "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
}

TEST_CASE("a line break in an id or a name cannot start a field of its own") {
  CHECK(sse_frame({.event = "a\ndata: x", .id = std::string{"1\r\n2\0", 5}, .data = "d"}) ==
        "event: adata: x\nid: 12\ndata: d\n\n");
}

TEST_CASE("a stream is never cached and not buffered by proxies") {
  const Response answer = sse_response([](StreamWriter&) {});
  CHECK(answer.content_type == "text/event-stream");
  CHECK(answer.headers == NameValues{{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}});
}

}  // namespace godwit::http
