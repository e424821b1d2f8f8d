#include "consumers/webhooks/gate.h"

#include <algorithm>
#include <cmath>

namespace godwit::webhooks {

void RateLimit::set(double per_second, Timestamp now) {
  tokens_ = per_second_ > 0 ? tokens_at(now) : 1;
  at_ = now;
  per_second_ = per_second;
}

double RateLimit::tokens_at(Timestamp now) const {
  const double seconds = std::chrono::duration<double>(std::max(now - at_, Millis{0})).count();
  return std::min(tokens_ + seconds * per_second_, std::max(per_second_, 1.0));
}

std::size_t RateLimit::room(Timestamp now, std::size_t wanted) const {
  if (per_second_ <= 0) return wanted;
  constexpr double rounding = 1e-9;
  return std::min(wanted, static_cast<std::size_t>(std::max(tokens_at(now) + rounding, 0.0)));
}

Timestamp RateLimit::next_at(Timestamp now) const {
  const double missing = 1 - tokens_at(now);
  if (per_second_ <= 0 || missing <= 0) return now;
  return now + Millis{static_cast<std::int64_t>(std::ceil(missing / per_second_ * 1000))};
}

void RateLimit::take(Timestamp now, std::size_t count) {
  if (per_second_ <= 0) return;
  tokens_ = tokens_at(now) - static_cast<double>(count);
  at_ = now;
}

void Gate::configure(const Endpoint& endpoint, double share, Timestamp now) {
  enabled_ = endpoint.enabled && !endpoint.url.empty();  // without one its secrets are not known here
  concurrency_ = static_cast<std::size_t>(std::max<std::int64_t>(endpoint.concurrency, 1));
  quiet_ = endpoint.quiet;
  rate_.set(endpoint.rate_per_second * share, now);
}

std::size_t Gate::room(Timestamp now) const {
  if (!enabled_ || now < not_before_ || in_flight_ >= concurrency_ || quiet_until(quiet_, now)) return 0;
  return breaker_.room(now, rate_.room(now, concurrency_ - in_flight_));
}

std::optional<Timestamp> Gate::opens_at(Timestamp now) const {
  if (!enabled_ || in_flight_ >= concurrency_ || breaker_.state() == Breaker::State::half_open)
    return std::nullopt;
  return std::max(
      {now, not_before_, rate_.next_at(now), breaker_.opens_at(), quiet_until(quiet_, now).value_or(now)});
}

void Gate::began(Timestamp now, std::size_t count) {
  if (count == 0) return;
  in_flight_ += count;
  rate_.take(now, count);
  breaker_.began(now);
}

void Gate::ended(Timestamp now, Ended how, std::optional<Millis> pause, double chance) {
  if (in_flight_ > 0) --in_flight_;
  if (pause) not_before_ = std::max(not_before_, now + *pause);
  if (how == Ended::answered) breaker_.answered();
  if (how == Ended::failed) breaker_.failed(now, chance);
  if (how == Ended::lost) breaker_.lost(now);
}

}  // namespace godwit::webhooks
