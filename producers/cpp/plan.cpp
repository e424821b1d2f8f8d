#include "producers/cpp/plan.h"

#include <fmt/format.h>

namespace godwit::producer {
namespace {

using event::Type;

event::Data data_of(const PlanIdentity& identity) {
  event::Data data;
  data.plan_id = identity.plan_id;
  if (!identity.plan_name.empty()) data.plan_name = identity.plan_name;
  data.host = identity.host;
  data.worker_id = identity.worker_id;
  data.user = identity.user;
  data.vm_count = identity.vm_count;
  data.max_parallel = identity.max_parallel;
  return data;
}

std::string source_of(const PlanIdentity& identity) {
  return fmt::format("/workers/{}/{}/plans/{}", identity.host, identity.worker_id, identity.plan_id);
}

}  // namespace

Status Plan::check(const PlanIdentity& identity) {
  return check_event(Type::plan_started, "/check", identity.plan_id, data_of(identity));
}

Plan::Plan(Outbox& outbox, const Clock& clock, PlanIdentity identity)
    : outbox_(outbox),
      identity_(std::move(identity)),
      stamp_(clock, source_of(identity_), identity_.plan_id) {}

Status Plan::send(Type type, event::Data data) {
  return send_event(outbox_, stamp_.make(type, std::move(data)));
}

Status Plan::created() { return send(Type::plan_created, data_of(identity_)); }

Status Plan::started() { return send(Type::plan_started, data_of(identity_)); }

Status Plan::completed(Millis duration) {
  event::Data data = data_of(identity_);
  data.duration_ms = duration.count();
  return send(Type::plan_completed, std::move(data));
}

Status Plan::failed(const event::Failure& failure, Millis duration) {
  event::Data data = data_of(identity_);
  data.duration_ms = duration.count();
  data.error = failure;
  return send(Type::plan_failed, std::move(data));
}

Status Plan::cancelled(std::string_view reason) {
  event::Data data = data_of(identity_);
  data.reason = reason;
  return send(Type::plan_cancelled, std::move(data));
}

}  // namespace godwit::producer
