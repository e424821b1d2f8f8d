// Rows of the audit: one per record of the log, appended, never changed, and the tree over them. A file holds
// one topic partition.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/event/codec.h"
#include "common/sqlite/database.h"
#include "common/stream/record.h"
#include "consumers/audit/projection.h"
#include "consumers/audit/segments.h"
#include "consumers/audit/tree_table.h"

namespace godwit::audit {

// Triggers refuse UPDATE and DELETE to every user of the file, and INSERT to all but this class, which
// appends. They guard against mistakes; who can write the file can drop them, and then the tree tells.
class Tables {
 public:
  static constexpr int layout = 2;
  static std::string schema();
  explicit Tables(sqlite::Database& db, const Audit& audit = {});

  // Appends the record, event or not. A store of another topic partition is a programming error.
  void keep(const stream::Record& record, const event::Event& event);
  void keep(const stream::Record& record, const event::Refusal& refusal);
  void flush();
  bool has_chores() { return !stale_ && segments_.has_chores(); }
  void discard();  // what was not committed is forgotten, and read again when it is needed

  // The audit has no states and no outputs.
  Audit::State load(const std::string&) { return {}; }
  void save(const std::string&, const Audit::State&, const std::string&) {}
  void apply(const Audit::Outputs&) {}

 private:
  void begin_segment();
  void close_if_full();
  void catch_up();
  void require_origin(const stream::Record& record);
  void append(const stream::Record& record, const Terms& terms, const event::Refusal* refusal);
  std::int64_t earlier_rows_of(const Terms& terms);

  sqlite::Database& db_;
  const SegmentLimits limits_;
  const std::shared_ptr<const keep::Redactions> redactions_;
  TreeTable tree_;
  Segments segments_;
  std::optional<sqlite::Statement> insert_, count_earlier_;  // of the open segment's table
  bool stale_ = false;
  bool has_origin_ = false;  // and it has been compared
};

}  // namespace godwit::audit
