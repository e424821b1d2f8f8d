#include "common/kafka/lane_orders.h"

#include <utility>

namespace godwit::kafka {

void LaneOrders::give(LaneOrder order) {
  const std::lock_guard lock{mutex_};
  positions_.clear();
  if (!ended_) orders_.push_back(std::move(order));
}

bool LaneOrders::wait(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  return done_.wait_until(lock, deadline, [this] { return orders_.empty(); });
}

bool LaneOrders::done() const {
  const std::lock_guard lock{mutex_};
  return orders_.empty();
}

std::vector<stream::Position> LaneOrders::positions() const {
  const std::lock_guard lock{mutex_};
  return positions_;
}

std::optional<LaneOrder> LaneOrders::next() const {
  const std::lock_guard lock{mutex_};
  if (orders_.empty()) return std::nullopt;
  return orders_.front();
}

void LaneOrders::carried_out(std::vector<stream::Position> positions) {
  {
    const std::lock_guard lock{mutex_};
    orders_.pop_front();
    positions_ = std::move(positions);
  }
  done_.notify_all();
}

void LaneOrders::end() {
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    orders_.clear();
    positions_.clear();
  }
  done_.notify_all();
}

}  // namespace godwit::kafka
