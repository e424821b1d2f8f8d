// A log that refuses, swallows or fails records when told.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/stream/publisher.h"

namespace godwit::test {

// Safe from every thread.
class MoodyPublisher final : public stream::Publisher {
 public:
  void refuse_next(int count) { refusals_ = count; }
  void fail_next(int count) { failures_ = count; }
  void hold() { holding_ = true; }
  // Acknowledges what was held, oldest first: the first `failures` badly.
  void let_go(int failures = 0) {
    std::vector<std::pair<std::string, stream::Acknowledge>> all;
    {
      const std::lock_guard lock{mutex_};
      holding_ = false;
      all.swap(held_);
    }
    for (auto& [value, acknowledge] : all) answer(value, acknowledge, failures-- > 0);
  }

  Status publish(stream::OutRecord out, stream::Acknowledge acknowledge) override {
    std::unique_lock lock{mutex_};
    ++tries_;
    if (take(refusals_)) return transient_error("queue full");
    if (holding_) {
      held_.emplace_back(*out.value, std::move(acknowledge));
      return Done{};
    }
    const bool fails = take(failures_);
    lock.unlock();
    answer(*out.value, acknowledge, fails);
    return Done{};
  }
  Status flush(Millis) override { return Done{}; }

  int tries() const {
    const std::lock_guard lock{mutex_};
    return tries_;
  }
  // What is stored, in order.
  std::vector<std::string> values() const {
    const std::lock_guard lock{mutex_};
    return values_;
  }
  std::size_t held() const {
    const std::lock_guard lock{mutex_};
    return held_.size();
  }

 private:
  static bool take(std::atomic<int>& left) {
    if (left <= 0) return false;
    --left;
    return true;
  }
  void answer(const std::string& value, const stream::Acknowledge& acknowledge, bool fails) {
    if (fails) return acknowledge(transient_error("broker away"));
    {
      const std::lock_guard lock{mutex_};
      values_.push_back(value);
    }
    acknowledge(stream::Placed{stream::Partition{0}, stream::Offset{0}});
  }

  mutable std::mutex mutex_;
  int tries_ = 0;
  std::vector<std::string> values_;
  std::vector<std::pair<std::string, stream::Acknowledge>> held_;
  std::atomic<int> refusals_ = 0, failures_ = 0;
  std::atomic<bool> holding_ = false;
};

}  // namespace godwit::test
