// Which index a question goes by. Pure. Each index but those by time and by event begins with one column and
// goes on with the time, so that rows found by it come in the order of pages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "consumers/audit/filter.h"

namespace godwit::audit {

enum class IndexKind { time, event, task, plan, vm, ip, user, event_type, success, stage, provider };

struct TableIndex {
  IndexKind kind;
  std::string name;
};

// The column that the filter narrows most, of those the table has an index for; by time when there is none.
// nullptr: the table has not even that, and SQLite may choose.
const TableIndex* choose_index(const Filter& filter, const std::vector<TableIndex>& available);

// Whether the filter names more than times and words.
bool narrows(const Filter& filter);

// The index of that kind; nullptr when the table has none.
const TableIndex* find_index(const std::vector<TableIndex>& available, IndexKind kind);

}  // namespace godwit::audit
