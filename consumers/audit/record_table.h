// The table of records: one row for each, in a partition's file while the segment is open, and in a file of
// its own once that is sealed. Private to consumers/audit.
#pragma once

#include <cstdint>
#include <string>

#include "common/sqlite/database.h"
#include "consumers/audit/row.h"

namespace godwit::audit {

// The table of the open segment, which begins with the record `first_index`, and its indexes and triggers.
std::string open_record_table(std::int64_t first_index);
// What a segment's table is called once no more records are appended to it.
std::string closed_record_table(std::int64_t first_index);
// Index of the table of the segment that begins there; an index keeps its name when its table is closed.
std::string open_index(std::string_view by, std::int64_t first_index);

// The table in a sealed file, which is written in one go, and what is made of it after that.
std::string sealed_record_table();
std::string sealed_indexes();

// Appends a row to the open segment. 24 parameters, in the order of the columns; no row is changed when an
// earlier one has the same event_id, source and duplicate.
std::string insert_record();

// The columns read_row() reads, in its order, of `record JOIN origin`.
std::string row_columns();
inline constexpr int row_columns_count = 18;
Row read_row(const sqlite::Statement& rows);

}  // namespace godwit::audit
