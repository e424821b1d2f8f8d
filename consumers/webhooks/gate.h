// Gate: how many tries may begin at one endpoint now, of all that bounds them together: requests at once, its
// rate, its quiet hours, the pause it asked for, its breaker. Pure: time and chance are arguments.
#pragma once

#include <cstddef>
#include <optional>

#include "common/base/clock.h"
#include "consumers/webhooks/breaker.h"
#include "consumers/webhooks/endpoint.h"

namespace godwit::webhooks {

// Tokens that come at a rate and are kept for a second at most: the rate holds over any longer time.
class RateLimit {
 public:
  // 0: no limit. Tokens that are there stay.
  void set(double per_second, Timestamp now);
  std::size_t room(Timestamp now, std::size_t wanted) const;
  // When there is a whole token.
  Timestamp next_at(Timestamp now) const;
  void take(Timestamp now, std::size_t count);

 private:
  double tokens_at(Timestamp now) const;

  double per_second_ = 0;
  double tokens_ = 1;
  Timestamp at_{};
};

enum class Ended {
  answered,  // whatever it said
  failed,    // no answer, or a 5xx
  lost,      // nobody knows
};

class Gate {
 public:
  explicit Gate(BreakerOptions breaker = {}) : breaker_(breaker) {}

  // `share` of the endpoint's rate is this instance's.
  void configure(const Endpoint& endpoint, double share, Timestamp now);

  std::size_t room(Timestamp now) const;
  // When room() may be above zero by the passing of time; nullopt: only the end of a try can do that.
  std::optional<Timestamp> opens_at(Timestamp now) const;

  void began(Timestamp now, std::size_t count);
  // `pause`: what the answer asked for.
  void ended(Timestamp now, Ended how, std::optional<Millis> pause, double chance);

  std::size_t in_flight() const { return in_flight_; }
  Breaker::State breaker() const { return breaker_.state(); }
  Timestamp not_before() const { return not_before_; }

 private:
  bool enabled_ = true;
  std::size_t concurrency_ = 1;
  std::size_t in_flight_ = 0;
  Timestamp not_before_{};
  QuietHours quiet_;
  RateLimit rate_;
  Breaker breaker_;
};

}  // namespace godwit::webhooks
