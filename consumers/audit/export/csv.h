// CSV of audit entries, RFC 4180: a header line, a row for each entry, texts in quotes where needed. A text
// that a spreadsheet would take for a formula gets an apostrophe in front, which it shows as text. Pure.
#pragma once

#include <string>
#include <string_view>

#include "consumers/audit/row.h"

namespace godwit::audit {

// With its line end.
std::string csv_header();
// Without.
std::string csv_line(const AuditEntry& entry, const Row& row);

// One cell: guarded, and in quotes if it needs them.
std::string csv_cell(std::string_view text);

}  // namespace godwit::audit
