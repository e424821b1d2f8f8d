#include "consumers/progress/outlets.h"

#include <fmt/format.h>

#include "common/http/sse.h"
#include "common/http/websocket.h"
#include "common/json/writer.h"

namespace godwit::progress {
namespace {

http::Piece piece(std::string bytes) { return std::make_shared<const std::string>(std::move(bytes)); }

http::Piece text_frame(std::string_view text) {
  return piece(http::websocket_frame(http::Opcode::text, text));
}

std::string quoted(const std::string& text) {
  json::Writer out;
  out.value(text);
  return out.take();
}

}  // namespace

// A client comes back with the last id it was given: so only the last event has one, when all are there.
bool SseOutlet::tell(const std::vector<NewsPtr>& news, const std::string& id) {
  http::Pieces pieces;
  for (std::size_t i = 0; i < news.size(); ++i) {
    if (i + 1 == news.size()) pieces.push_back(piece("id: " + id + "\n"));
    pieces.push_back(news[i]->frame);
  }
  return sink_->send(std::move(pieces));
}

void SseOutlet::reset() {
  sink_->send({piece(
      http::sse_frame({.event = "reset",
                       .id = {},
                       .data = R"({"reason":"the id is of another log; here is everything anew"})"}))});
}

SocketOutlet::SocketOutlet(std::shared_ptr<http::LiveSink> sink, const std::string& name)
    : sink_(std::move(sink)), name_json_(quoted(name)) {}

bool SocketOutlet::tell(const std::vector<NewsPtr>& news, const std::string& id) {
  http::Pieces pieces;
  for (std::size_t i = 0; i < news.size(); ++i) {
    const Change& change = news[i]->change;
    const std::string last = i + 1 == news.size() ? R"(,"event_id":)" + quoted(id) : "";
    pieces.push_back(
        text_frame(fmt::format(R"({{"type":"{}","id":{}{},"task":{}}})",
                               change.removed ? "removed" : "progress", name_json_, last, change.json)));
  }
  return sink_->send(std::move(pieces));
}

void SocketOutlet::reset() {
  sink_->send({text_frame(fmt::format(R"({{"type":"reset","id":{}}})", name_json_))});
}

void SocketOutlet::over() {
  sink_->send({text_frame(fmt::format(R"({{"type":"end","id":{}}})", name_json_))});
}

}  // namespace godwit::progress
