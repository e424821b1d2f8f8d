// Segments: what of a partition's records lies where. The open segment is the table `record`; when it is full
// it is closed, sealed into a file of its own beside the partition's by a thread, and then dropped here.
// Private to consumers/audit.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/sqlite/database.h"
#include "consumers/audit/keep/pruned_table.h"
#include "consumers/audit/known_ids.h"
#include "consumers/audit/sealed_file.h"
#include "consumers/audit/sealer.h"

namespace godwit::audit {

struct SegmentsOptions {
  Millis seal_retry{10'000};       // after one that failed
  std::size_t open_files_max = 8;  // sealed files kept open to look for earlier rows of an event
  std::shared_ptr<keep::PruneOrders> orders = {};  // of segments to prune; null: none is
};

// Used by the thread that folds, but for the readers at the end.
class Segments {
 public:
  static std::string schema();
  Segments(sqlite::Database& db, const SegmentsOptions& options);

  // In the open transaction: the table `record` becomes that of a closed segment.
  void close(std::int64_t first_index, std::int64_t segment_bytes, const ledger::Digest& root);
  // How many rows of closed and of pruned segments have this source and id. Nearly always none, and then
  // nothing is read.
  std::int64_t earlier_rows_of(std::string_view source, std::string_view event_id);
  // Once in each transaction, at its end: what has been sealed meanwhile is dropped here, the next is begun,
  // and what is to be pruned is given up: its file is then whoever's who ordered it.
  void flush();
  // Whether flush() would do something though no record has come.
  bool has_chores();
  // Forgets what was not committed.
  void reload();

 private:
  struct Closed {
    Segment segment;
    KnownIds ids;
    bool sealed = false;
  };

  std::int64_t rows_in(const Closed& closed, std::string_view source, std::string_view event_id);
  sqlite::Database& file_of(std::int64_t first_index);
  void drop(Closed& closed, const ledger::Digest& file_sha256);
  void prune(const keep::PruneOrder& order);
  void begin_next();
  std::map<std::int64_t, Closed>::iterator next_to_seal();

  sqlite::Database& db_;
  const SegmentsOptions options_;
  std::map<std::int64_t, Closed> closed_;  // by first index
  keep::PrunedTable pruned_;
  std::map<std::int64_t, std::unique_ptr<sqlite::Database>> files_;
  std::size_t committed_ = 0;  // so many of closed_, from the first, were closed by earlier transactions
  std::string highest_id_;     // of all closed ones
  std::optional<std::int64_t> sealing_;
  std::chrono::steady_clock::time_point retry_at_ = {};
  std::unique_ptr<Sealer> sealer_;
};

// The closed segments of a partition file, oldest first. For readers, within their transaction.
struct Closed {
  Segment segment;
  bool sealed = false;
};
std::vector<Closed> closed_segments(sqlite::Database& db);
// Columns: topic, partition, first_index, rows, bytes, first_offset, last_offset, earliest_ms, latest_ms,
// root.
Segment read_segment(const sqlite::Statement& row);

}  // namespace godwit::audit
