// An audit entry as the API shows it; the members are the public contract, told in README.md.
#pragma once

#include <string>

#include "common/json/writer.h"
#include "consumers/audit/row.h"

namespace godwit::audit {

void write_entry(json::Writer& out, const AuditEntry& entry, const Row& row);

// The details of an entry as one JSON object: data as it came, and the destination. Empty when there are
// none.
std::string details_json(const AuditEntry& entry);

// The record as it came, its bytes in base64:
// {"topic","partition","offset","timestamp_ms","key","value","headers":[[name,value],...]}.
void write_record(json::Writer& out, const Row& row);

}  // namespace godwit::audit
