#include "producers/gateway/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace godwit::gateway {

RateLimit::Bucket& RateLimit::refilled(const std::string& name) {
  const double capacity = std::max(options_.burst_events, 1.0);
  const Timestamp now = clock_.now();
  const auto level = [&](const Bucket& bucket) {
    const double seconds = std::max(0.0, std::chrono::duration<double>(now - bucket.filled_at).count());
    return std::min(capacity, bucket.events + seconds * options_.events_per_second);
  };
  auto found = buckets_.find(name);
  if (found == buckets_.end()) {
    if (buckets_.size() >= options_.names_max)
      std::erase_if(buckets_, [&](const auto& entry) { return level(entry.second) >= capacity; });
    found = buckets_.emplace(name, Bucket{capacity, now}).first;
  }
  found->second = {level(found->second), now};
  return found->second;
}

std::optional<Millis> RateLimit::admit(const std::string& name) {
  if (options_.events_per_second <= 0) return std::nullopt;
  const std::lock_guard lock{mutex_};
  Bucket& bucket = refilled(name);
  if (bucket.events < 1) {
    const double seconds = (1 - bucket.events) / options_.events_per_second;
    return Millis{static_cast<std::int64_t>(std::ceil(seconds * 1000))};
  }
  bucket.events -= 1;
  return std::nullopt;
}

void RateLimit::charge(const std::string& name, std::size_t further_events) {
  if (options_.events_per_second <= 0) return;
  const std::lock_guard lock{mutex_};
  refilled(name).events -= static_cast<double>(further_events);
}

}  // namespace godwit::gateway
