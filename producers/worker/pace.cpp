#include "producers/worker/pace.h"

#include <condition_variable>
#include <mutex>

namespace godwit::worker {

void Pace::wait_until_due(std::int64_t bytes_done, const std::stop_token& stop) const {
  if (!bytes_per_second_max_) return;
  using Steady = std::chrono::steady_clock;
  const std::chrono::duration<double> due{static_cast<double>(bytes_done) /
                                          static_cast<double>(*bytes_per_second_max_)};
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock{mutex};
  stopped.wait_until(lock, stop, start_ + std::chrono::duration_cast<Steady::duration>(due),
                     [] { return false; });
}

}  // namespace godwit::worker
