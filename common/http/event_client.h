// EventClient: sends many requests at the same time from one thread of its own, on libcurl. Connections are
// kept and shared between requests to a host; where TLS offers HTTP/2, one connection carries several.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "common/http/client.h"
#include "common/http/mail.h"

namespace godwit::http {

struct EventClientOptions {
  std::size_t in_flight_max = 256;    // requests at once; more wait in order, their timeouts not yet begun
  std::size_t connections_max = 512;  // open at once, those kept for later among them
};

// Safe from every thread.
class EventClient {
 public:
  // What came of one request, as of Client::send, and how long it took from its first step on. Called on the
  // client's thread: must be quick and must not block.
  using Sent = std::function<void(Result<ClientResponse>, std::chrono::microseconds took)>;

  explicit EventClient(const EventClientOptions& options = {});
  // Gives up what is under way: nobody knows whether it arrived, and `sent` is not called for it.
  ~EventClient();
  EventClient(const EventClient&) = delete;
  EventClient& operator=(const EventClient&) = delete;

  // The caller bounds how many wait. Uploads, progress and sinks work as with Client.
  void send(ClientRequest request, Sent sent);
  void send(Mail mail, Sent sent);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace godwit::http
