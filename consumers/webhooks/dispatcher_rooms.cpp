// Who may get how much of what the dispatcher can do at once, and how long there is nothing to do.
#include <algorithm>

#include "consumers/webhooks/dispatcher.h"

namespace godwit::webhooks {

// What is due goes out as far as its endpoint's gate is open and there is room for requests at all; where
// there is not, endpoints take turns, and the partitions of an endpoint share what it gets.
Dispatcher::Rooms Dispatcher::plan() {
  Rooms out;
  if (!claiming_ || flying_ >= options_.in_flight_max) return out;
  const Timestamp now = context_.clock.now();
  std::map<std::string, std::vector<std::string>> due;  // endpoint -> partitions
  for (const auto& [name, box] : boxes_) {
    if (!box.caught_up || (box.retry_at && now < *box.retry_at)) continue;
    for (const auto& [endpoint, at] : box.due)
      if (at <= now) due[endpoint].push_back(name);
  }
  std::vector<Wish> wishes;
  for (const auto& [endpoint, boxes] : due)
    if (const std::size_t room = gates_[endpoint].room(now); room > 0) wishes.push_back({endpoint, room});
  const auto granted = turns_.grant(wishes, options_.in_flight_max - flying_);
  ++first_box_;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const std::vector<std::string>& boxes = due[wishes[i].name];
    const bool ordered = by_name_.at(wishes[i].name)->ordered;
    std::size_t left = granted[i];
    for (std::size_t k = 0; k < boxes.size() && left > 0; ++k) {
      const std::size_t share = (left + boxes.size() - k - 1) / (boxes.size() - k);
      out[boxes[(first_box_ + k) % boxes.size()]].push_back({wishes[i].name, share, ordered});
      left -= share;
    }
  }
  return out;
}

// Until the next row is due that could be claimed then.
Millis Dispatcher::wait_time() {
  if (again_) return Millis{0};
  const Timestamp now = context_.clock.now();
  Timestamp next = now + options_.look_again;
  for (const auto& [name, box] : boxes_) {
    if (!box.caught_up) next = std::min(next, now + options_.look_again_behind);
    if (box.retry_at) next = std::min(next, *box.retry_at);
    if (!box.caught_up || box.retry_at || flying_ >= options_.in_flight_max) continue;
    for (const auto& [endpoint, at] : box.due)
      if (const auto opens = gates_[endpoint].opens_at(now)) next = std::min(next, std::max(at, *opens));
  }
  return std::max<Millis>(next - now, Millis{0});
}

}  // namespace godwit::webhooks
