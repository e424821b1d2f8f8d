#include "consumers/webhooks/outcome_event.h"

#include <fmt/format.h>

namespace godwit::webhooks {
namespace {

event::Type type_of(Standing standing) {
  switch (standing) {
    case Standing::trying:
      return event::Type::delivery_failed;
    case Standing::exhausted:
      return event::Type::delivery_exhausted;
    case Standing::succeeded:
      return event::Type::delivery_succeeded;
  }
  return event::Type::delivery_failed;
}

}  // namespace

event::Event make_disabled_event(const Attempt& attempt) {
  event::Event out = make_event(attempt);
  out.id += ".disabled";
  out.subject = attempt.endpoint;
  out.type = event::Type::delivery_endpoint_disabled;
  out.type_name = event::full_type(out.type);
  out.data.task_id.reset();
  out.data.vm_name.reset();
  out.data.provider.reset();
  return out;
}

event::Event make_event(const Attempt& attempt) {
  event::Event out;
  // The start tells apart two owners of a partition that both made a try of this number.
  out.id = fmt::format("{}.{}.{}", attempt.delivery_id, attempt.try_number, to_unix_ms(attempt.started_at));
  out.source = event_source;
  out.subject = attempt.subject;
  out.type = type_of(attempt.standing);
  out.type_name = event::full_type(out.type);
  out.time = attempt.started_at + attempt.latency;
  out.data.task_id = attempt.subject;
  out.data.vm_name = attempt.vm_name;
  out.data.provider = attempt.provider;
  out.data.delivery_id = attempt.delivery_id;
  out.data.endpoint = attempt.endpoint;
  out.data.try_number = attempt.try_number;
  out.data.latency_ms = attempt.latency.count();
  if (attempt.status_code) out.data.status_code = *attempt.status_code;
  if (attempt.next_try_at) out.data.next_try_at = format_rfc3339(*attempt.next_try_at);
  if (attempt.error_code) {
    event::Failure failure;
    failure.code = *attempt.error_code;
    failure.message = attempt.error.value_or("");
    failure.retryable = attempt.standing == Standing::trying;
    out.data.error = std::move(failure);
  }
  return out;
}

}  // namespace godwit::webhooks
