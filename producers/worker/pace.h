// Pace: keeps a transfer at or below its Control's rate, and still while it is paused, by waiting between its
// pieces.
#pragma once

#include <cstdint>
#include <stop_token>

#include "producers/worker/control.h"

namespace godwit::worker {

// Counts from its construction, and anew after a pause and a change of rate. Not thread-safe.
class Pace {
 public:
  explicit Pace(Control& control);

  // Waits until work may go on and `bytes_done` in all are due, or a stop.
  void wait_until_due(std::int64_t bytes_done, const std::stop_token& stop);

 private:
  Control& control_;
  Control::Rate rate_;
  Control::Steady::time_point since_;
  std::int64_t bytes_before_ = 0;
};

}  // namespace godwit::worker
