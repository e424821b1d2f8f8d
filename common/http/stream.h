// StreamWriter: the port through which a handler sends an answer that has no end yet (server-sent events).
#pragma once

#include <stop_token>
#include <string_view>

namespace godwit::http {

// Used by one thread: the one the stream function runs on, which belongs to that connection until the
// function returns. A resource of the server; valid only inside the call.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  // Sends the bytes now. False when the client is gone or has not read for the server's request timeout; the
  // function should return then. May block that long: never call it while holding a lock.
  virtual bool send(std::string_view bytes) = 0;
  // Fires when the server stops: wait for news with a std::condition_variable_any and this token, and return.
  virtual std::stop_token stop_token() const = 0;
  bool stopping() const { return stop_token().stop_requested(); }
};

}  // namespace godwit::http
