// ControlSocket: takes orders at a unix socket: one line each, one line back. Whoever may open the socket,
// its owner, may give them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/base/descriptor.h"
#include "producers/worker/order.h"

namespace godwit::worker {

struct ControlSocketOptions {
  std::size_t line_bytes_max = 1024;
  Millis client_wait_max{10'000};  // for a client's next line; they are served one after the other
};

class ControlSocket {
 public:
  // What has been done, for whoever gave the order. Called on the socket's own thread.
  using Obey = std::function<Status(const Order& order)>;

  // Listens at once. `invalid` when the path cannot be used.
  static Result<std::unique_ptr<ControlSocket>> listen(const std::string& path, Obey obey,
                                                       ControlSocketOptions options = {});
  // Removes the socket.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  ControlSocket(std::string path, Descriptor socket, Obey obey, ControlSocketOptions options);
  void serve(const std::stop_token& stop);
  void serve_client(const Descriptor& client, const std::stop_token& stop);
  std::string answer(std::string_view line) const;

  std::string path_;
  Descriptor socket_;
  Obey obey_;
  ControlSocketOptions options_;
  Descriptor wake_;
  std::jthread thread_;
};

// The client's side: sends one order and gives the answer. An answer that is not "ok" is `invalid`.
Status give_order(const std::string& path, const std::string& line);

}  // namespace godwit::worker
