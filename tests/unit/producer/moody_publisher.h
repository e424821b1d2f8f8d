// A log that refuses, swallows or fails records when told.
#pragma once

#include <algorithm>
#include <atomic>
#include <limits>
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
  // Before it takes the next record but `count` it fails what it held and begins another session.
  void break_after(int count) { breaks_in_ = count + 1; }
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

  std::uint64_t session() const override { return session_; }
  Status publish_in(std::uint64_t session, stream::OutRecord out, stream::Acknowledge acknowledge) override {
    maybe_break();
    if (session != session_) return transient_error("another session");
    return take_in(std::move(out), std::move(acknowledge));
  }
  Status publish(stream::OutRecord out, stream::Acknowledge acknowledge) override {
    maybe_break();
    return take_in(std::move(out), std::move(acknowledge));
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
  void maybe_break() {
    if (breaks_in_ == 0 || --breaks_in_ > 0) return;
    let_go(std::numeric_limits<int>::max());
    ++session_;
  }
  Status take_in(stream::OutRecord out, stream::Acknowledge acknowledge) {
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
  std::atomic<std::uint64_t> session_ = 1;
  std::atomic<int> breaks_in_ = 0;
};

}  // namespace godwit::test
