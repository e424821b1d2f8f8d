// What the dispatcher tells the log about a try: a delivery.failed, delivery.exhausted or delivery.succeeded
// event.
#pragma once

#include "common/event/event.h"
#include "consumers/webhooks/outbox.h"

namespace godwit::webhooks {

inline constexpr const char* event_source = "/consumers/webhooks";

// An endpoint gets nothing more after this attempt.
event::Event make_disabled_event(const Attempt& attempt);

// The same attempt gives the same event, id included, however often it is told.
event::Event make_event(const Attempt& attempt);

}  // namespace godwit::webhooks
