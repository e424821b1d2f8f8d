// Where records lie: the one place that knows which tables there are. Every question goes through it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "common/sqlite/readers.h"
#include "consumers/audit/planner.h"
#include "consumers/audit/record_table.h"

namespace godwit::audit {

// A table of records, within one read transaction. Valid for the visit.
struct RecordTable {
  const std::string& file;  // of all rows of one topic partition: "migrations.lifecycle-0007"; see Place
  sqlite::Database& db;
  std::string name;
  std::vector<TableIndex> indexes;

  // Tells tables apart from one visit to the next.
  std::string key() const { return fmt::format("{}/{}", file, name); }
  // "<name> INDEXED BY <index>"
  std::string by(const TableIndex* index) const {
    return index == nullptr ? name : fmt::format("{} INDEXED BY {}", name, index->name);
  }
};

// Calls visit(const RecordTable&) for every table of these files. StoreFailure passes through.
template <class Visit>
void for_each_table(const sqlite::Readers& files, Visit visit) {
  files.for_each([&](const std::string& file, sqlite::Database& db) {
    auto open = db.prepare("SELECT segment_first FROM tree");
    const std::int64_t first_index = open.step() ? open.integer(0) : 0;
    open.reset();
    visit(RecordTable{file,
                      db,
                      "record",
                      {{IndexKind::time, open_index("time", first_index)},
                       {IndexKind::event, open_index("event", first_index)},
                       {IndexKind::task, open_index("task", first_index)}}});
    return true;
  });
}

}  // namespace godwit::audit
