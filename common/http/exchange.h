// One request read from, and one response written to, a CivetWeb connection. Private to this folder: the only
// code, with server.cpp, that knows CivetWeb.
#pragma once

#include <civetweb.h>

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/clock.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/http/stream.h"

namespace godwit::http {

struct ExchangeLimits {
  std::size_t body_bytes_max;
  std::size_t discard_bytes_max;
  Millis body_time_max;
};

// The request, or the response that refuses it; then the connection is already marked to be closed.
std::variant<Request, Response> read_request(mg_connection* connection, const ExchangeLimits& limits);

// Head and body in one write. `close` closes the connection afterwards.
void write_response(mg_connection* connection, const Response& response, bool close);

// The head of a live stream of events, whose end is that of the connection.
std::string live_head(const Response& response);
// The answer that turns a connection into a WebSocket.
std::string websocket_switch(std::string_view key);

// The head of a stream, then its bytes as chunks (plain for HTTP/1.0), then the connection is closed.
class ConnectionStream final : public StreamWriter {
 public:
  ConnectionStream(mg_connection* connection, std::stop_token stop);
  bool open(const Response& head);
  // Whether the client can tell a whole stream from one that broke off.
  bool end_shows() const { return chunked_; }
  bool send(std::string_view bytes) override;
  std::stop_token stop_token() const override { return stop_; }
  // Tells the client that the stream is whole.
  void finish();

 private:
  mg_connection* connection_;
  std::stop_token stop_;
  bool chunked_;
  bool alive_ = true;
};

}  // namespace godwit::http
