// TreeTable: the Merkle tree over a partition's records, in the same file and the same transactions as the
// records and their position. Private to consumers/audit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/sqlite/database.h"
#include "common/stream/record.h"
#include "consumers/audit/ledger/leaf.h"
#include "consumers/audit/ledger/tree.h"

namespace godwit::audit {

// The roots of trees whose size is a multiple of this are kept for good: two stores of one log, whenever and
// however they were folded, agree in all of them.
inline constexpr std::uint64_t epoch_leaves = 65'536;

// Used by the thread that folds. What has been appended is in the file once flush() has been called and the
// transaction committed.
class TreeTable {
 public:
  static std::string schema();
  explicit TreeTable(sqlite::Database& db);

  std::uint64_t size() const { return frontier_.size; }
  std::int64_t segment_first() const { return segment_first_; }
  std::int64_t segment_bytes() const { return segment_bytes_; }

  // The record becomes leaf size(). Its hash.
  ledger::Digest append(const stream::Record& record);
  ledger::Digest root() { return frontier_.root(hasher_); }
  // The next leaf begins a segment.
  void begin_segment();
  void flush();
  // Forgets what was not committed.
  void reload();

 private:
  sqlite::Database& db_;
  sqlite::Statement load_, save_, save_tile_, save_epoch_;
  ledger::Hasher hasher_;
  ledger::LeafHasher leaf_hasher_{hasher_};
  ledger::Frontier frontier_;
  std::vector<ledger::TileHash> completed_;  // not written yet
  struct Epoch {
    std::uint64_t size;
    ledger::Digest root;
  };
  std::vector<Epoch> epochs_;  // not written yet
  std::int64_t segment_first_ = 0;
  std::int64_t segment_bytes_ = 0;  // of keys and values
};

}  // namespace godwit::audit
