// StreamServer: the port behind which live streams are served, and its event loop: one thread that owns the
// sockets of all of them, so that a stream costs memory for what waits to be sent and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/base/descriptor.h"
#include "common/base/result.h"
#include "common/http/live.h"

namespace godwit::http {

struct LiveStats {
  std::size_t open = 0;
  std::uint64_t opened_total = 0;
  std::uint64_t refused_total = 0;
  std::map<std::string, std::uint64_t>
      closed_total;  // by reason: ended, left, slow, overflow, stopped, broken
};

// Safe from every thread, but for stop().
class StreamServer {
 public:
  virtual ~StreamServer() = default;
  // Takes a place for one more stream; false when all are taken. Every place taken is used by one adopt() or
  // given back.
  virtual bool reserve() = 0;
  virtual void give_back() = 0;
  // The connection is the server's now; `head` is sent first, then whatever the stream's sink gets.
  virtual void adopt(Descriptor socket, std::string head, std::shared_ptr<const LiveStream> stream) = 0;
  // Tells every client to come back later, gives them `timeout` to take it, and closes.
  virtual void stop(std::chrono::milliseconds timeout) = 0;
  virtual LiveStats stats() const = 0;
};

// An epoll loop on a thread of its own.
Result<std::unique_ptr<StreamServer>> start_stream_loop(const LiveLimits& limits);

}  // namespace godwit::http
