#include "producers/worker/pace.h"

namespace godwit::worker {

using Steady = Control::Steady;

Pace::Pace(Control& control) : control_(control), rate_(control.rate()), since_(Steady::now()) {}

void Pace::wait_until_due(std::int64_t bytes_done, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool stood_still = control_.hold(stop);
    if (const auto rate = control_.rate(); stood_still || rate != rate_) {
      rate_ = rate;
      since_ = Steady::now();
      bytes_before_ = bytes_done;
    }
    if (!rate_) return;
    const std::chrono::duration<double> due{static_cast<double>(bytes_done - bytes_before_) /
                                            static_cast<double>(*rate_)};
    const auto due_at = since_ + std::chrono::duration_cast<Steady::duration>(due);
    if (Steady::now() >= due_at) return;
    control_.wait_until(due_at, stop);
  }
}

}  // namespace godwit::worker
