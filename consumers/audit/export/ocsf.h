// OCSF, the Open Cybersecurity Schema Framework: each audit entry as one event of class API Activity (6003),
// one JSON text. Pure.
#pragma once

#include <string>
#include <string_view>

#include "consumers/audit/row.h"

namespace godwit::audit {

// The version of the schema that the events follow.
inline constexpr std::string_view ocsf_version = "1.3.0";

std::string ocsf_line(const AuditEntry& entry, const Row& row);

}  // namespace godwit::audit
