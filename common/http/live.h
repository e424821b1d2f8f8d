// Live streams: answers without an end that cost no thread while nothing happens. A handler returns a
// Response with `live` set; a StreamServer takes the connection over and gives the handler a LiveSink to
// write to, from any thread, for as long as the client is there.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::http {

// Bytes made once and shared by all streams they go to.
using Piece = std::shared_ptr<const std::string>;
using Pieces = std::vector<Piece>;

// Where one stream's bytes go. Safe from every thread; nothing here ever blocks. It may be kept after the
// client has gone: it is closed then.
class LiveSink {
 public:
  virtual ~LiveSink() = default;
  // Queues the pieces. False when the stream is closed, or is closed now because more than
  // LiveLimits::queue_bytes_max wait for a client that does not read.
  virtual bool send(Pieces pieces) = 0;
  // Queued and not yet taken by the network: what is not urgent waits until this is small.
  virtual std::size_t queued_bytes() const = 0;
  // Closes when all that is queued has been sent.
  virtual void finish() = 0;
  virtual bool closed() const = 0;
};

enum class LiveKind { sse, websocket };

struct LiveStream {
  LiveKind kind = LiveKind::sse;
  // Called once, when the head has been queued: keeps the sink. On the connection's request thread.
  std::function<void(std::shared_ptr<LiveSink>)> begin;
  // WebSocket alone: a text message has come. On the server's thread, which must not be held up.
  std::function<void(const std::shared_ptr<LiveSink>&, std::string_view text)> heard = {};
};

struct LiveLimits {
  std::size_t streams_max = 10'000;             // one more is answered 503 with Retry-After
  std::size_t queue_bytes_max = 4'194'304;      // of one stream; a client that is further behind is cut off
  std::size_t message_bytes_max = 16'384;       // from a WebSocket client
  std::chrono::milliseconds heartbeat{15'000};  // of silence, before a comment or a ping
  std::chrono::milliseconds slow_max{
      20'000};                             // without a byte taken while some wait; then the stream is cut off
  std::chrono::milliseconds retry{2'000};  // told to clients when the server stops
};

}  // namespace godwit::http
