// Outage: when to say that records do not reach the broker, and when that this is over: once per outage and
// interval, not once per record. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "common/base/clock.h"

namespace godwit::producer {

// For waits and retries; never an event's time.
using Steady = std::chrono::steady_clock;

// How things stand.
struct Backlog {
  std::size_t kept = 0;  // records not acknowledged
  bool failing = false;  // one was refused, or waits for too long
  std::string oldest;    // its name, when failing
  std::string why;       // empty: no answer
};

class Outage {
 public:
  explicit Outage(Millis interval) : interval_(interval) {}

  // Logs a warning or the good news when it is time to.
  void observe(Steady::time_point now, const Backlog& backlog);

 private:
  Millis interval_;
  std::optional<Steady::time_point> complained_at_;
};

}  // namespace godwit::producer
