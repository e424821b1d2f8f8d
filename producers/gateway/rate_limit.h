// RateLimit: how many events per second each caller may send, as one token bucket per name.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/clock.h"

namespace godwit::gateway {

struct RateLimitOptions {
  double events_per_second = 0;   // 0: no limit
  double burst_events = 0;        // what an idle caller may send at once; at least 1
  std::size_t names_max = 2'000;  // buckets kept; beyond it those that are full again are forgotten
};

// Safe from every thread. A clock that is set back only pauses the refill.
class RateLimit {
 public:
  RateLimit(const RateLimitOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  // nullopt: go on; one event is charged. Otherwise how long to wait until there is room for one.
  std::optional<Millis> admit(const std::string& name);
  // Charges what the request held beyond the first event. A bucket may go below zero, by one batch per
  // request that is under way: a batch is taken or turned away before anybody knows its size.
  void charge(const std::string& name, std::size_t further_events);

 private:
  struct Bucket {
    double events = 0;
    Timestamp filled_at = {};
  };
  Bucket& refilled(const std::string& name);

  const RateLimitOptions options_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;  // by mutex_
};

}  // namespace godwit::gateway
