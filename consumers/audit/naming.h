// What an audit entry calls an event: the 13 inherited names, and noun_verb for every other type.
#pragma once

#include <string>

#include "common/event/event.h"

namespace godwit::audit {

// The event_type of a record that is no event.
inline constexpr std::string_view unparseable = "unparseable";

struct Naming {
  std::string event_type;  // "export_start", "stage_failed"
  std::string action;      // "start_export", "fail_stage"
  std::string status;      // "started", "failed", "status_404"

  bool operator==(const Naming&) const = default;
};

// A type this build does not know is named like a known one when it is io.godwit.<noun>.<verb>.v1, and by its
// full type otherwise, so that no stranger can take an inherited name.
Naming name_of(const event::Event& event);

// One sentence for people, e.g. "Started upload for VM web-1 to https://images/1".
std::string description_of(const event::Event& event, const std::string& destination);

}  // namespace godwit::audit
