// One live stream: its socket and what waits to be sent. Private to this folder.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/base/descriptor.h"
#include "common/http/live.h"
#include "common/http/websocket.h"

namespace godwit::http {

using Steady = std::chrono::steady_clock;

class LiveConnection final : public LiveSink, public std::enable_shared_from_this<LiveConnection> {
 public:
  // `wake(connection)`: something is to be done for it. Safe from every thread.
  using Wake = std::function<void(std::shared_ptr<LiveConnection>)>;

  LiveConnection(Descriptor socket, std::shared_ptr<const LiveStream> stream, const LiveLimits& limits,
                 Wake wake);

  bool send(Pieces pieces) override;
  std::size_t queued_bytes() const override;
  void finish() override;
  bool closed() const override { return closed_.load(std::memory_order_relaxed); }

  // --- for the loop's thread alone ---
  enum class Flow { idle, blocked, over };  // all sent, the socket takes no more, the connection is done
  Flow write();
  // Reads what the client says; false when it has left or broken the protocol.
  bool read();
  // Looks at the time; false when the client is too slow.
  bool beat(Steady::time_point now);
  // The last words, so that the client comes back later.
  void say_bye();
  void close(const std::string& reason);
  const std::string& reason() const { return reason_; }
  int socket() const { return socket_.get(); }
  bool watching_output = false;  // epoll is asked to say when it can be written to

 private:
  bool hear(const WebsocketReader::Message& message);
  void push(std::string bytes);

  Descriptor socket_;
  const std::shared_ptr<const LiveStream> stream_;
  const LiveLimits& limits_;
  const Wake wake_;
  WebsocketReader reader_;
  Steady::time_point written_at_ = Steady::now();
  bool answered_ = true;  // the last ping
  std::string reason_;    // why it was closed; empty while it is open
  std::atomic<bool> closed_{false};

  mutable std::mutex mutex_;
  std::deque<Piece> queue_;        // by mutex_
  std::size_t sent_of_first_ = 0;  // by mutex_
  std::size_t queued_ = 0;         // bytes; by mutex_
  bool finishing_ = false;         // by mutex_
  bool woken_ = false;             // by mutex_: wake_ was called and write() not yet
  bool overflown_ = false;         // by mutex_
};

}  // namespace godwit::http
