// Events into the log: what became of each, known when the log has answered for all or the time is over.
#pragma once

#include <vector>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "common/stream/publisher.h"

namespace godwit::gateway {

enum class Fate {
  stored,          // on all in-sync replicas
  turned_away,     // not taken, the queue is full: not stored, and never will be
  unacknowledged,  // taken, but no answer in time: perhaps stored, perhaps not
  refused,         // Kafka will never take it
};

// One fate per event, in their order. Once one is turned away so are all behind it: else a task's later event
// could be stored and its earlier one not. Waits at most `timeout` for acknowledgements; what comes later
// finds nobody and harms nobody.
std::vector<Fate> publish_all(stream::Publisher& publisher, const std::vector<event::Event>& events,
                              Millis timeout);

}  // namespace godwit::gateway
