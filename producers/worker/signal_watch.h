// SignalWatch: the first stop signal asks for a stop; one more, while only events are waited for, ends the
// wait.
#pragma once

#include <atomic>
#include <cstdlib>
#include <stop_token>
#include <thread>

#include "common/service/signals.h"

namespace godwit::worker {

inline constexpr int exit_cancelled = 130;

class SignalWatch {
 public:
  std::stop_source& source() { return stop_; }
  std::stop_token stop() const { return stop_.get_token(); }
  void only_events_are_left() { may_leave_ = true; }

 private:
  void watch(const std::stop_token& ended) {
    while (!ended.stop_requested()) {
      if (!service::wait_for_stop_signal(Millis{100})) continue;
      if (may_leave_) std::_Exit(exit_cancelled);
      stop_.request_stop();
    }
  }

  std::stop_source stop_;
  std::atomic<bool> may_leave_ = false;
  std::jthread thread_{[this](const std::stop_token& ended) { watch(ended); }};
};

}  // namespace godwit::worker
