#include "producers/worker/control.h"

#include <utility>

namespace godwit::worker {

template <class Change>
void Control::request(Change change) {
  const std::lock_guard lock{mutex_};
  change();
  ++requests_;
  for (const auto& listener : listeners_) listener();
  changed_.notify_all();
}

void Control::pause() {
  request([this] { paused_ = true; });
}

void Control::resume() {
  request([this] { paused_ = false; });
}

void Control::limit(Rate rate) {
  request([this, rate] { rate_ = rate; });
}

void Control::cut_over() {
  request([this] { cutover_wanted_ = true; });
}

void Control::next_round() {
  request([this] { round_wanted_ = true; });
}

bool Control::is_paused() const {
  const std::lock_guard lock{mutex_};
  return paused_;
}

Control::Rate Control::rate() const {
  const std::lock_guard lock{mutex_};
  return rate_;
}

bool Control::is_cutover_wanted() const {
  const std::lock_guard lock{mutex_};
  return cutover_wanted_;
}

bool Control::obey() {
  const bool paused = is_paused();
  if (paused != stands_still_) {
    stands_still_ = paused;
    if (on_pause_) on_pause_(paused);
  }
  if (const Rate rate = this->rate(); rate != rate_obeyed_) {
    rate_obeyed_ = rate;
    if (on_rate_) on_rate_(rate);
  }
  return paused;
}

bool Control::hold(const std::stop_token& stop) {
  bool held = false;
  while (obey() && !stop.stop_requested()) {
    held = true;
    std::unique_lock lock{mutex_};
    changed_.wait(lock, stop, [this] { return !paused_; });
  }
  return held;
}

bool Control::take_next_round() {
  const std::lock_guard lock{mutex_};
  return std::exchange(round_wanted_, false);
}

void Control::wait_until(Steady::time_point deadline, const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  changed_.wait_until(lock, stop, deadline, [this] { return requests_ != requests_seen_; });
  requests_seen_ = requests_;
}

Control::Listener::Listener(Control& control, std::function<void()> on_request) : control_(control) {
  const std::lock_guard lock{control_.mutex_};
  at_ = control_.listeners_.insert(control_.listeners_.end(), std::move(on_request));
}

Control::Listener::~Listener() {
  const std::lock_guard lock{control_.mutex_};
  control_.listeners_.erase(at_);
}

}  // namespace godwit::worker
