// SendQueue: which owed record goes out next, and in which order failed ones go again. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "producers/cpp/outage.h"
#include "producers/cpp/spool/journal.h"

namespace godwit::producer {

// A journal and whose it is.
struct Hold;

struct Owed {
  Hold* hold = nullptr;
  Spot spot = {};
  std::unique_ptr<stream::OutRecord> body = {};  // null: to be read from the journal
};

// Names a record in flight.
using Ticket = std::uint64_t;

struct SendQueueOptions {
  std::size_t in_flight_max = 10'000;
  std::size_t in_flight_bytes_max = 16 << 20;
  Millis retry_interval{500};
};

// Records go out in order. After a failure none goes out until all in flight are settled and retry_interval
// has passed; then those that failed come first again, in their old order. So of two records of a key the
// later one is never stored before the earlier one has been, but for one the log had stored and still
// reported as failed.
class SendQueue {
 public:
  explicit SendQueue(SendQueueOptions options) : options_(options) {}

  void push_back(Owed owed);
  // Puts `owed` before the first waiting record for which before(record) holds, or at the end.
  template <class Before>
  void insert(std::vector<Owed> owed, const Before& before);

  bool can_take(Steady::time_point now) const;
  // The next record, in flight from now on. Its body is moved out by the caller.
  Ticket take();
  Owed& in_flight(Ticket ticket);

  // It is stored, or given up: out of the queue.
  void settle(Ticket ticket);
  void fail(Ticket ticket, Steady::time_point now);

  std::size_t size() const { return waiting_.size() + pending_ + failed_; }
  std::size_t waiting() const { return waiting_.size(); }
  bool failing() const { return failed_ > 0 || retrying_; }
  bool empty() const { return size() == 0; }
  // Of a queue that is not empty.
  const Owed& oldest() const;

 private:
  enum class Stage { pending, settled, failed };
  struct Flying {
    Owed owed;
    Stage stage = Stage::pending;
  };
  Flying& at(Ticket ticket);
  void clean_up();

  SendQueueOptions options_;
  std::deque<Owed> waiting_;
  std::deque<Flying> flying_;  // tickets from first_ticket_ on
  Ticket first_ticket_ = 0;
  std::size_t flying_bytes_ = 0;
  std::size_t pending_ = 0;  // in flight, not settled
  std::size_t failed_ = 0;
  bool retrying_ = false;  // until the next one is settled well
  Steady::time_point retry_at_ = {};
};

template <class Before>
void SendQueue::insert(std::vector<Owed> owed, const Before& before) {
  auto place = waiting_.begin();
  while (place != waiting_.end() && !before(*place)) ++place;
  waiting_.insert(place, std::make_move_iterator(owed.begin()), std::make_move_iterator(owed.end()));
}

}  // namespace godwit::producer
