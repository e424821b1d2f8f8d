// Stamp: the envelope of one source's events: id, time, sequence, subject, trace. And how they are sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "producers/cpp/outbox.h"

namespace godwit::producer {

// Not thread-safe; the clock outlives it. All events of one Stamp share a trace.
class Stamp {
 public:
  Stamp(const Clock& clock, std::string source, std::string subject);
  event::Event make(event::Type type, event::Data data);
  const std::string& source() const { return source_; }

 private:
  const Clock& clock_;
  std::string source_, subject_, traceparent_;
  std::uint64_t sequence_ = 0;
};

// Whether events like this one keep to the catalogue; `invalid` names the offending member.
Status check_event(event::Type type, const std::string& source, const std::string& subject, event::Data data);

// `invalid` for an event that breaks the catalogue, which is logged; else as Outbox::send().
Status send_event(Outbox& outbox, const event::Event& event);

// Where migrations' events go, to be asked for before the first of them.
std::vector<std::string> migration_topics();

}  // namespace godwit::producer
