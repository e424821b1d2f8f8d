// MultiClient: sends several HTTP requests at the same time and waits for all of them, on libcurl.
#pragma once

#include <memory>
#include <vector>

#include "common/http/client.h"

namespace godwit::http {

struct MultiClientOptions {
  std::size_t sends_max = 8;  // calls of send() at work at once; one more waits its turn, within its timeout
  std::size_t idle_max = 4;   // sets of connections kept for later
};

// Safe from every thread. Connections are kept for later requests to the same hosts.
class MultiClient {
 public:
  explicit MultiClient(const MultiClientOptions& options = {});
  ~MultiClient();
  MultiClient(const MultiClient&) = delete;
  MultiClient& operator=(const MultiClient&) = delete;

  // One result per request, in their order, each as of Client::send. Returns when all are there or `timeout`
  // is over: what has not answered by then is `transient`.
  std::vector<Result<ClientResponse>> send(const std::vector<ClientRequest>& requests, Millis timeout);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace godwit::http
