// An audit entry as the API shows it; the members are the public contract, told in README.md.
#pragma once

#include <string>

#include "common/json/writer.h"
#include "consumers/audit/row.h"

namespace godwit::audit {

void write_entry(json::Writer& out, const AuditEntry& entry, const Row& row);

// The record as it came, its bytes in base64:
// {"topic","partition","offset","timestamp_ms","key","value","headers":[[name,value],...]}.
void write_record(json::Writer& out, const Row& row);

}  // namespace godwit::audit
