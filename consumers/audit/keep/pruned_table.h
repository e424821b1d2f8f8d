// PrunedTable: what is kept of segments whose records were pruned: the facts of each, who signed that it may
// go, and its events' identities, so that one that is sent again is still known. In the partition's file; the
// hashes that proofs of later records need stay in `tile`, those of single leaves as level 0.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sqlite/database.h"
#include "consumers/audit/known_ids.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/sealed_file.h"

namespace godwit::audit::keep {

struct Pruned {
  Segment segment;
  std::string note;  // statement(), signed
};

// What is signed of a segment that goes: that of these records only the hashes are left, by policy.
std::string statement(const ledger::Origin& origin, const Segment& segment);

// Oldest first; none for a file that knows no pruning. For readers, within their transaction.
std::vector<Pruned> pruned_segments(sqlite::Database& db);
// The first index whose record is kept.
std::int64_t first_kept(sqlite::Database& db);
// Whether a pruned segment had a record of this event id, from whatever source (of 2^64 ids one in error).
bool was_pruned(sqlite::Database& db, std::string_view event_id);

// All that is needed to prune the oldest segment of a partition.
struct PruneOrder {
  Segment segment;
  std::string note;
  std::string identities;            // of its events, sorted, 8 bytes each; see identities_of()
  std::string event_ids;             // likewise
  std::vector<ledger::Digest> tail;  // hashes of its last leaves, those of an incomplete tile
};
// Reads the sealed file at `path`. StoreFailure passes through.
PruneOrder prepare(const Segment& segment, const std::string& path);

// Where orders wait for the thread that folds, by partition file. A later one replaces an earlier one. Safe
// from every thread.
class PruneOrders {
 public:
  void give(const std::string& partition_file, PruneOrder order);
  bool has(const std::string& partition_file) const;
  std::optional<PruneOrder> take(const std::string& partition_file);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, PruneOrder> waiting_;
};

// Used by the thread that folds.
class PrunedTable {
 public:
  static std::string schema();
  explicit PrunedTable(sqlite::Database& db) : db_(db) { reload(); }

  // In the open transaction. The row of `segment` becomes ours, and the leaves' hashes are written.
  void take(const PruneOrder& order);
  // How many rows with this source and id there were.
  std::int64_t rows_of(std::string_view source, std::string_view event_id);
  // Forgets what was not committed.
  void reload();

 private:
  sqlite::Database& db_;
  std::map<std::int64_t, KnownIds> ids_;  // by first index
  std::string highest_id_;                // of all of them
};

}  // namespace godwit::audit::keep
