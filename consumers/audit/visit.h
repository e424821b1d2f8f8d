// Where records lie: the one place that knows which tables there are. Every question goes through it.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/sqlite/readers.h"
#include "consumers/audit/cursor.h"
#include "consumers/audit/planner.h"

namespace godwit::audit {

// What is known of a table without looking into it.
struct TableFacts {
  std::string file;              // of all rows of one topic partition: "migrations.lifecycle-0007"; see Place
  std::int64_t first_index = 0;  // of its first row
  std::string name;              // of the table
  std::string path;              // of its own file, when it is sealed; else empty
  // Of event_ms; nullopt for the table that still grows.
  std::optional<std::int64_t> earliest_ms, latest_ms;

  // Tells tables apart, from one visit to the next too.
  std::string key() const { return fmt::format("{}/{}", file, first_index); }
};

// A table of records, within one read transaction. Valid for the visit.
struct RecordTable {
  const TableFacts& facts;
  sqlite::Database& db;
  std::vector<TableIndex> indexes;

  const std::string& file() const { return facts.file; }
  const std::string& name() const { return facts.name; }
  std::string key() const { return facts.key(); }
  // "<name> INDEXED BY <index>"
  std::string by(const TableIndex* index) const {
    return index == nullptr ? name() : fmt::format("{} INDEXED BY {}", name(), index->name);
  }
};

// The tables of a partition's file, in the order of their records. Empty for a file of an older version,
// which has none.
std::vector<TableFacts> tables_of(const std::string& file, sqlite::Database& db, Order order);
std::vector<TableIndex> indexes_of(const TableFacts& table);

// Calls visit(const RecordTable&) for every table of these files for which wants(const TableFacts&) says so,
// within each file in that order, so that a page that is full needs no more of them. A sealed file is opened
// only then. StoreFailure passes through.
template <class Wants, class Visit>
void for_each_table(const sqlite::Readers& files, Order order, Wants wants, Visit visit) {
  files.for_each([&](const std::string& file, sqlite::Database& db) {
    for (const TableFacts& facts : tables_of(file, db, order)) {
      if (!wants(facts)) continue;
      const auto look = [&](sqlite::Database& in) { visit(RecordTable{facts, in, indexes_of(facts)}); };
      if (facts.path.empty()) {
        look(db);
      } else {
        files.immutable().use(facts.path, look);
      }
    }
    return true;
  });
}
template <class Visit>
void for_each_table(const sqlite::Readers& files, Visit visit) {
  for_each_table(
      files, Order::newest, [](const TableFacts&) { return true; }, visit);
}

}  // namespace godwit::audit
