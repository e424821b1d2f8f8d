#include "consumers/audit/tree_table.h"

#include "common/base/check.h"

namespace godwit::audit {

// `tree` has one row. `tile` has the hashes of all complete subtrees of 256, 65,536, ... leaves: with the
// leaves' own hashes, which are in their rows, they give every node of the tree in few steps.
std::string TreeTable::schema() {
  return R"(
CREATE TABLE IF NOT EXISTS tree (
  ordinal INTEGER PRIMARY KEY CHECK (ordinal = 0),
  size INTEGER NOT NULL,           -- leaves
  frontier BLOB NOT NULL,          -- ledger/tree.h
  segment_first INTEGER NOT NULL,  -- index of the open segment's first leaf
  segment_bytes INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tile (
  level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (level, position)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS epoch (
  size INTEGER PRIMARY KEY, root BLOB NOT NULL) STRICT;
)";
}

TreeTable::TreeTable(sqlite::Database& db)
    : db_(db),
      load_(db.prepare("SELECT frontier, segment_first, segment_bytes FROM tree")),
      save_(db.prepare("INSERT OR REPLACE INTO tree VALUES (0, ?, ?, ?, ?)")),
      save_tile_(db.prepare("INSERT INTO tile VALUES (?, ?, ?)")),
      save_epoch_(db.prepare("INSERT INTO epoch VALUES (?, ?)")) {
  reload();
}

void TreeTable::reload() {
  frontier_ = {};
  completed_.clear();
  epochs_.clear();
  segment_first_ = segment_bytes_ = 0;
  if (!load_.bind().step()) return;
  auto read = ledger::Frontier::parse(load_.blob(0));
  segment_first_ = load_.integer(1);
  segment_bytes_ = load_.integer(2);
  load_.reset();
  if (!read)
    throw projection::StoreUnavailable{db_.path() + ": the tree is damaged: " + read.error().message, true};
  frontier_ = std::move(*read);
}

ledger::Digest TreeTable::append(const stream::Record& record) {
  const ledger::Digest leaf = leaf_hasher_.of(record);
  frontier_.append(hasher_, leaf, completed_);
  if (frontier_.size % epoch_leaves == 0) epochs_.push_back({frontier_.size, root()});
  segment_bytes_ +=
      static_cast<std::int64_t>(record.key.value_or("").size() + record.value.value_or("").size());
  return leaf;
}

void TreeTable::begin_segment() {
  segment_first_ = static_cast<std::int64_t>(frontier_.size);
  segment_bytes_ = 0;
  flush();  // the open table's trigger compares its first row with it
}

void TreeTable::flush() {
  using sqlite::Statement;
  const std::string frontier = frontier_.bytes();
  save_.run(static_cast<std::int64_t>(frontier_.size), Statement::blob_of(frontier), segment_first_,
            segment_bytes_);
  for (const ledger::TileHash& tile : completed_)
    save_tile_.run(std::int64_t{tile.level}, static_cast<std::int64_t>(tile.index),
                   Statement::blob_of(ledger::as_bytes(tile.hash)));
  for (const Epoch& epoch : epochs_)
    save_epoch_.run(static_cast<std::int64_t>(epoch.size), Statement::blob_of(ledger::as_bytes(epoch.root)));
  completed_.clear();
  epochs_.clear();
}

}  // namespace godwit::audit
