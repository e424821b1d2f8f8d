// Which events an endpoint is told of. Pure.
#pragma once

#include "common/event/event.h"
#include "consumers/webhooks/endpoint.h"

namespace godwit::webhooks {

// Whether `text` is as `pattern` says, in which each * stands for any characters, none among them.
bool matches(std::string_view pattern, std::string_view text);

// By an occasion it has chosen, or by the type of the event. Only what an event says of itself counts: one
// without a plan is told to nobody who asks for some plans.
bool is_told_of(const Endpoint& endpoint, const event::Event& event, std::optional<Occasion> occasion);

}  // namespace godwit::webhooks
