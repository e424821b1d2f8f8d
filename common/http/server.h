// Server: answers HTTP/1.1 on one address with a Router, on CivetWeb. No files are served, only what handlers
// make in memory, and no TLS: a proxy does that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/http/live.h"
#include "common/http/router.h"
#include "common/http/stream_loop.h"

namespace godwit::http {

struct ServerOptions {
  std::string listen = "127.0.0.1:0";  // HOST:PORT; port 0 takes a free one
  // A connection holds one thread for its whole life, so these two bound the connections served at once.
  int request_threads = 32;                   // connections that ask and wait for an answer
  int streams_max = 64;                       // streams open at once; one more is answered 503
  LiveLimits live = {};                       // of live streams, which need no thread
  std::size_t body_bytes_max = 1'048'576;     // of a request; a bigger one is answered 413
  std::size_t head_bytes_max = 16'384;        // request line and headers
  std::size_t discard_bytes_max = 4'194'304;  // of a refused body, read so that the client sees why
  Millis request_timeout{10'000};    // for the head, for each 2 KiB and the whole of the body, for each write
  Millis keep_alive_timeout{2'000};  // a connection idle this long gives its thread back
  int connection_queue = 256;        // accepted connections that wait for a thread
  int listen_backlog = 256;          // connections the kernel holds before that
  Millis stop_timeout{5'000};        // stop() waits this long for requests and streams to end
  int retry_after_seconds = 5;       // told to those turned away for want of room
};

// Requests answered, by route and class of status.
struct RequestCount {
  std::string route;   // the pattern; "unmatched" for paths that have none
  std::string status;  // "2xx"
  std::uint64_t count = 0;
};

struct ServerStats {
  std::vector<RequestCount> requests_total;  // only those above zero, in the order of the routes
  int streams_open = 0;
  std::uint64_t streams_refused_total = 0;
  LiveStats live = {};
};

// A resource. It answers from start() until stop() or its end; what handlers refer to must live longer.
class Server {
 public:
  // `invalid` for a listen address that is none; `fatal`, naming the address, when it cannot be listened on.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Router router);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // HOST:PORT with the real port.
  const std::string& address() const;
  // "http://" + address().
  std::string url() const;

  // From here on requests are answered 503. Streams are told to end; they and requests under way get
  // `stop_timeout`, then their writes fail. Returns when every handler has returned. Only the first call
  // does anything; not for use by two threads at once.
  void stop();

  // Safe from every thread.
  ServerStats stats() const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace godwit::http
