#include "consumers/webhooks/projection.h"

#include <utility>

#include "consumers/webhooks/filter.h"
#include "consumers/webhooks/payload.h"
#include "consumers/webhooks/signing.h"

namespace godwit::webhooks {
namespace {

using event::Event;
using event::Type;

std::optional<Standing> standing_of(Type type) {
  switch (type) {
    case Type::delivery_failed:
      return Standing::trying;
    case Type::delivery_exhausted:
      return Standing::exhausted;
    case Type::delivery_succeeded:
      return Standing::succeeded;
    default:
      return std::nullopt;
  }
}

// What an event is an occasion for, once in the life of an attempt. Events of deliveries are none: each would
// make the next.
std::optional<Occasion> occasion_of(const Event& event, const projection::Change& change) {
  if (!change.current()) return std::nullopt;
  switch (event.type) {
    case Type::task_started:
      return change.began ? std::optional{Occasion::start} : std::nullopt;
    case Type::task_completed:
      return Occasion::complete;
    case Type::task_failed:
      return Occasion::error;
    case Type::warning_raised:
      return Occasion::warning;
    default:
      return std::nullopt;
  }
}

Outcome outcome_of(const Event& event, Standing standing) {
  Outcome out{.delivery_id = event.data.delivery_id.value_or(""),
              .endpoint = event.data.endpoint.value_or(""),
              .standing = standing,
              .try_number = event.data.try_number.value_or(1),
              .status_code = event.data.status_code,
              .at = event.time};
  if (event.data.error) out.error = event.data.error->message;
  if (event.data.next_try_at) {
    if (const auto at = parse_rfc3339(*event.data.next_try_at)) out.next_try_at = *at;
  }
  return out;
}

}  // namespace

std::string Webhooks::key(const Event& event) const {
  const bool task = projection::is_task_event(event.type) && !projection::is_tick(event.type);
  return task || standing_of(event.type) ? event.subject : std::string{};
}

void Webhooks::step(State& life, const Event& event, Outputs& out) const {
  if (const auto standing = standing_of(event.type)) {
    out.outcome = outcome_of(event, *standing);
    return;
  }
  const projection::Change change = projection::fold_life(life, event);
  if (!change.current()) return;
  const auto occasion = occasion_of(event, change);
  const Notice notice = kinds::make_notice(event, change.attempt_began_at);
  for (const Endpoint& endpoint : *endpoints->for_fold()) {
    if (!is_active_at(endpoint, event.time) || !is_told_of(endpoint, event, occasion)) continue;
    std::string id = make_delivery_id(event.source, event.id, endpoint.name);
    auto body = make_body(notice, endpoint, id);
    if (!body) continue;
    out.deliveries.push_back({.id = std::move(id),
                              .endpoint = endpoint.name,
                              .kind = endpoint.kind,
                              .subject = event.subject,
                              .event_source = event.source,
                              .event_id = event.id,
                              .event_type = event.type_name,
                              .event_time = event.time,
                              .vm_name = notice.vm_name,
                              .provider = notice.provider,
                              .body = std::move(*body)});
  }
}

}  // namespace godwit::webhooks
