// CEF, the Common Event Format of ArcSight (version 0): one line for each audit entry. Pure.
#pragma once

#include <string>
#include <string_view>

#include "consumers/audit/row.h"

namespace godwit::audit {

// Without a line end and without a syslog header.
std::string cef_line(const AuditEntry& entry, const Row& row);

// How a text stands in the header, and in the value of an extension: on one line, with no mark of the format.
std::string cef_header_text(std::string_view text);
std::string cef_value(std::string_view text);

}  // namespace godwit::audit
