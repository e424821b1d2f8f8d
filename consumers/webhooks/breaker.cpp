#include "consumers/webhooks/breaker.h"

#include <algorithm>

namespace godwit::webhooks {

std::size_t Breaker::room(Timestamp now, std::size_t wanted) const {
  switch (state_) {
    case State::closed:
      return wanted;
    case State::open:
      return now < until_ ? 0 : std::min<std::size_t>(wanted, 1);
    case State::half_open:
      return 0;
  }
  return 0;
}

void Breaker::began(Timestamp now) {
  if (state_ == State::open && now >= until_) state_ = State::half_open;
}

void Breaker::answered() {
  state_ = State::closed;
  failures_ = 0;
  pause_ = options_.pause;
}

void Breaker::failed(Timestamp now, double chance) {
  if (state_ == State::open) return;  // a try that was begun before it opened
  if (state_ == State::half_open) {
    pause_ = std::min(pause_ * 2, options_.pause_max);
  } else if (++failures_ < options_.failures_max) {
    return;
  }
  state_ = State::open;
  const double share = 0.5 + chance / 2;
  until_ = now + Millis{static_cast<std::int64_t>(static_cast<double>(pause_.count()) * share)};
}

void Breaker::lost(Timestamp now) {
  if (state_ != State::half_open) return;
  state_ = State::open;
  until_ = now;
}

}  // namespace godwit::webhooks
