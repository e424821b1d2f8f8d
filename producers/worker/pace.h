// Pace: keeps a transfer at or below a rate by waiting between its pieces.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

namespace godwit::worker {

// Counts from its construction. Without a rate it never waits. Not thread-safe.
class Pace {
 public:
  explicit Pace(std::optional<std::int64_t> bytes_per_second_max)
      : bytes_per_second_max_(bytes_per_second_max), start_(std::chrono::steady_clock::now()) {}

  // Waits until `bytes_done` in all are due, or a stop.
  void wait_until_due(std::int64_t bytes_done, const std::stop_token& stop) const;

 private:
  std::optional<std::int64_t> bytes_per_second_max_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace godwit::worker
