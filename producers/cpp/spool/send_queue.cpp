#include "producers/cpp/spool/send_queue.h"

#include <utility>

#include "common/base/check.h"

namespace godwit::producer {

void SendQueue::push_back(Owed owed) { waiting_.push_back(std::move(owed)); }

bool SendQueue::can_take(Steady::time_point now) const {
  return !waiting_.empty() && failed_ == 0 && now >= retry_at_ && flying_.size() < options_.in_flight_max &&
         flying_bytes_ < options_.in_flight_bytes_max;
}

Ticket SendQueue::take() {
  flying_bytes_ += waiting_.front().spot.size;
  flying_.push_back({std::move(waiting_.front()), Stage::pending});
  waiting_.pop_front();
  ++pending_;
  return first_ticket_ + flying_.size() - 1;
}

SendQueue::Flying& SendQueue::at(Ticket ticket) {
  GODWIT_CHECK(ticket >= first_ticket_ && ticket - first_ticket_ < flying_.size(),
               "ticket {} settled twice; {} in flight from {}", ticket, flying_.size(), first_ticket_);
  Flying& found = flying_[ticket - first_ticket_];
  GODWIT_CHECK(found.stage == Stage::pending, "ticket {} settled twice", ticket);
  return found;
}

Owed& SendQueue::in_flight(Ticket ticket) { return at(ticket).owed; }

void SendQueue::settle(Ticket ticket) {
  at(ticket).stage = Stage::settled;
  --pending_;
  retrying_ = false;
  clean_up();
}

void SendQueue::fail(Ticket ticket, Steady::time_point now) {
  at(ticket).stage = Stage::failed;
  --pending_;
  ++failed_;
  retry_at_ = now + options_.retry_interval;
  clean_up();
}

void SendQueue::clean_up() {
  if (failed_ > 0 && pending_ == 0) {
    for (auto last = flying_.rbegin(); last != flying_.rend(); ++last)
      if (last->stage == Stage::failed) waiting_.push_front(std::move(last->owed));
    first_ticket_ += flying_.size();
    flying_.clear();
    flying_bytes_ = 0;
    failed_ = 0;
    retrying_ = true;
  }
  for (; !flying_.empty() && flying_.front().stage == Stage::settled; flying_.pop_front(), ++first_ticket_)
    flying_bytes_ -= flying_.front().owed.spot.size;
}

const Owed& SendQueue::oldest() const {
  for (const Flying& flying : flying_)
    if (flying.stage != Stage::settled) return flying.owed;
  return waiting_.front();
}

}  // namespace godwit::producer
