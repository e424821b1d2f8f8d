// What an audit entry takes from the parts of an event's data that are kept as JSON text.
#pragma once

#include "consumers/audit/projection.h"

namespace godwit::audit {

Members read_members(const event::Data& data);

// entry_of() with the members read.
inline AuditEntry make_entry(const event::Event& event) { return entry_of(event, read_members(event.data)); }

}  // namespace godwit::audit
