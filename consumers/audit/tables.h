// Rows of the audit: one per record of the log, appended, never changed. A file holds one topic partition.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/event/codec.h"
#include "common/sqlite/database.h"
#include "common/stream/record.h"
#include "consumers/audit/projection.h"
#include "consumers/audit/row.h"

namespace godwit::audit {

// Triggers refuse UPDATE and DELETE to every user of the file, and INSERT to all but this class, which
// appends. They guard against mistakes; who can write the file can drop them.
class Tables {
 public:
  static std::string schema();
  explicit Tables(sqlite::Database& db);

  // Appends the record, event or not. A store of another topic partition is a programming error.
  void keep(const stream::Record& record, const event::Event& event);
  void keep(const stream::Record& record, const event::Refusal& refusal);
  void discard() { next_id_.reset(); }  // after a rollback ids are counted again

  // The audit has no states and no outputs.
  Audit::State load(const std::string&) { return {}; }
  void save(const std::string&, const Audit::State&, const std::string&) {}
  void apply(const Audit::Outputs&) {}

 private:
  std::int64_t next_id(const stream::Record& record);
  void append(const stream::Record& record, const Terms& terms, const event::Refusal* refusal);
  std::int64_t earlier_rows_of(const Terms& terms);

  sqlite::Database& db_;
  sqlite::Statement next_;
  sqlite::Statement count_earlier_;
  sqlite::Statement insert_;
  std::optional<std::int64_t> next_id_;
};

// The columns read_row() reads, in its order, of `record JOIN origin`.
std::string row_columns();
inline constexpr int row_columns_count = 14;
Row read_row(const sqlite::Statement& rows);

}  // namespace godwit::audit
