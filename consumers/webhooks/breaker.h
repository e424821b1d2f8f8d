// Breaker: spares an endpoint that is down, and the deliveries owed to it, all tries but one now and then.
// Pure: time and chance are arguments.
#pragma once

#include "common/base/clock.h"

namespace godwit::webhooks {

struct BreakerOptions {
  int failures_max = 5;  // in a row; then it opens
  Millis pause{5'000};   // before the first probe; doubles with each probe that fails
  Millis pause_max{600'000};
};

class Breaker {
 public:
  enum class State {
    closed,     // tries are made
    open,       // none is made before the pause is over
    half_open,  // one is under way, whose outcome decides
  };

  explicit Breaker(BreakerOptions options = {}) : options_(options), pause_(options.pause) {}

  State state() const { return state_; }
  // How many tries may begin now, of those wanted: all, one or none.
  std::size_t room(Timestamp now, std::size_t wanted) const;
  // When room() grows by itself; the epoch unless it is open.
  Timestamp opens_at() const { return state_ == State::open ? until_ : Timestamp{}; }

  void began(Timestamp now);
  // The endpoint has answered, whatever it said.
  void answered();
  // No answer, or a 5xx. `chance` in [0, 1) spreads the pause over its upper half.
  void failed(Timestamp now, double chance);
  // Nobody knows what came of a try: another probe may be made at once.
  void lost(Timestamp now);

 private:
  BreakerOptions options_;
  State state_ = State::closed;
  int failures_ = 0;
  Millis pause_;
  Timestamp until_{};
};

}  // namespace godwit::webhooks
