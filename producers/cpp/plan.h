// Plan: a plan of many migrations, as its own events. What becomes of each task is its Migration's to tell.
#pragma once

#include <optional>
#include <string>

#include "producers/cpp/stamp.h"

namespace godwit::producer {

struct PlanIdentity {
  std::string plan_id;
  std::string plan_name;  // empty: none
  std::string host;
  std::string worker_id;
  std::optional<std::string> user;
  std::int64_t vm_count = 0;
  std::int64_t max_parallel = 1;
};

// Owned and called by one thread; outbox and clock outlive it. As Migration otherwise.
class Plan {
 public:
  // `invalid` names the offending member.
  static Status check(const PlanIdentity& identity);

  Plan(Outbox& outbox, const Clock& clock, PlanIdentity identity);

  Status created();
  Status started();
  Status completed(Millis duration);
  Status failed(const event::Failure& failure, Millis duration);
  Status cancelled(std::string_view reason);

 private:
  Status send(event::Type type, event::Data data);

  Outbox& outbox_;
  PlanIdentity identity_;
  Stamp stamp_;
};

}  // namespace godwit::producer
