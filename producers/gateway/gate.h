// Gate: who is let in. Checks the bearer token and the caller's rate, opens answers to named web pages,
// counts and records every request.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "producers/gateway/access_log.h"
#include "producers/gateway/cors.h"
#include "producers/gateway/rate_limit.h"
#include "producers/gateway/tokens.h"

namespace godwit::gateway {

// What a handler behind the gate gives: its answer, and what it costs of the caller's rate.
struct Served {
  http::Response response;
  std::size_t events = 0;
};

struct GateOptions {
  const TokenFile* tokens = nullptr;  // null: everybody is let in, as `anonymous`
  AccessLog* access_log = nullptr;    // null: nothing is recorded
  RateLimitOptions rate = {};
  Cors cors = {};
};

struct GateStats {
  std::uint64_t tokens_missing = 0;  // 401: no token came
  std::uint64_t tokens_unknown = 0;  // 401: a wrong one came
  std::uint64_t rate_limited = 0;
  std::vector<std::pair<int, std::uint64_t>> requests;  // by status, those above zero
};

// Safe from every thread. What the options point to, and the clock, outlive it.
class Gate {
 public:
  Gate(const GateOptions& options, const Clock& clock)
      : options_(options), clock_(clock), rate_(options.rate, clock) {}

  // 401 with WWW-Authenticate, 429 with Retry-After, or what `serve` answers to the caller of this name.
  http::Response admit(const http::Request& request,
                       const std::function<Served(const std::string& caller)>& serve);
  const Cors& cors() const { return options_.cors; }

  GateStats stats() const;

 private:
  struct Passed {
    http::Response response;
    std::string caller;
    bool turned_back = false;  // by the gate itself
  };
  Passed pass(const http::Request& request, const std::function<Served(const std::string& caller)>& serve);
  std::optional<std::string> caller_of(const http::Request& request);

  const GateOptions options_;
  const Clock& clock_;
  RateLimit rate_;
  std::array<std::atomic<std::uint64_t>, 600> requests_{};  // by status
  std::atomic<std::uint64_t> tokens_missing_{0};
  std::atomic<std::uint64_t> tokens_unknown_{0};
  std::atomic<std::uint64_t> rate_limited_{0};
};

}  // namespace godwit::gateway
