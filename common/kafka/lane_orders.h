// LaneOrders: how the membership thread hands partitions to a lane and gets them back. Orders are carried out
// one after the other, by the lane, between two of its batches; the membership thread waits under a deadline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "common/stream/record.h"

namespace godwit::kafka {

struct LaneOrder {
  enum class Kind { take, give_up };
  Kind kind = Kind::take;
  std::vector<stream::TopicPartition> partitions;
};

class LaneOrders {
 public:
  // For the membership thread.
  void give(LaneOrder order);
  // True once every order given is carried out.
  bool wait(std::chrono::steady_clock::time_point deadline);
  bool done() const;
  // Where to read on, as answered to the last order to take.
  std::vector<stream::Position> positions() const;

  // For the lane. An order stays the next one until it is carried out.
  std::optional<LaneOrder> next() const;
  void carried_out(std::vector<stream::Position> positions);
  // The lane has ended: whatever is ordered from now on counts as carried out.
  void end();

 private:
  mutable std::mutex mutex_;
  std::condition_variable done_;
  std::deque<LaneOrder> orders_;
  std::vector<stream::Position> positions_;
  bool ended_ = false;
};

}  // namespace godwit::kafka
