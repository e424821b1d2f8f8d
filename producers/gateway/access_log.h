// AccessLog: tells the log who called the API, as io.godwit.audit.api_access.v1 events. Best effort: a
// request never waits for it or fails with it, but what is lost is counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "common/http/request.h"
#include "common/stream/publisher.h"
#include "producers/gateway/rate_limit.h"

namespace godwit::gateway {

struct AccessLogOptions {
  std::string source = "/gateways/gateway";  // of the events
  int pending_max = 10'000;                  // events without an acknowledgement; one more is dropped
  // Requests turned back at the gate and still recorded, per second: whoever has no token shall not be able
  // to fill the log.
  double turned_back_per_second_max = 10;
};

// One request that has been answered. Views live for the call.
struct Access {
  const http::Request& request;
  const std::string& caller;  // a token's name, or "anonymous"; never a token
  bool by_token = false;
  int status = 0;
  bool turned_back = false;  // at the gate: no token, or too fast
  Timestamp began = {};
  Timestamp ended = {};
};

struct AccessLogStats {
  std::uint64_t stored = 0;   // acknowledged
  std::uint64_t dropped = 0;  // for want of room, or beyond the rate of the turned back
  std::uint64_t failed = 0;   // Kafka did not take it
};

// The event of one access. Pure but for its fresh id.
event::Event to_event(const Access& access, const std::string& source);

// Safe from every thread. Publisher and clock outlive it; acknowledgements may come later.
class AccessLog {
 public:
  AccessLog(stream::Publisher& publisher, const Clock& clock, const AccessLogOptions& options = {});

  void record(const Access& access);
  AccessLogStats stats() const;

 private:
  struct Counts {
    std::atomic<int> pending{0};
    std::atomic<std::uint64_t> stored{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::uint64_t> failed{0};
  };

  stream::Publisher& publisher_;
  const AccessLogOptions options_;
  RateLimit turned_back_;
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();  // shared with acknowledgements
};

}  // namespace godwit::gateway
