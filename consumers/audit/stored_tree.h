// StoredTree: the tree of a partition as its files keep it: hashes, size, and whose it is. For readers; lives
// within one read transaction on the partition's file.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/sqlite/database.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/ledger/prove.h"
#include "consumers/audit/ledger/tree.h"
#include "consumers/audit/segments.h"

namespace godwit::audit {

class StoredTree final : public ledger::TileReader {
 public:
  // nullopt for a file that has no record yet, or is of an older version without a tree.
  static std::optional<StoredTree> open(sqlite::Database& db);

  const ledger::Origin& origin() const { return origin_; }
  const ledger::Frontier& frontier() const { return frontier_; }
  std::uint64_t size() const { return frontier_.size; }
  // Oldest first.
  const std::vector<Closed>& closed() const { return closed_; }
  // The first index whose record is kept: of those before only hashes are. Proofs about smaller trees can be
  // made for some sizes only.
  std::uint64_t first_kept() const { return first_kept_; }
  // Sizes above `from`, up to size(), at which an epoch or a segment ends, in order.
  std::vector<std::uint64_t> marks_after(std::uint64_t from) const;

  // `fatal`, with the file's name, when they are not there.
  Result<std::vector<ledger::Digest>> hashes(unsigned level, std::uint64_t first, std::size_t count) override;

 private:
  StoredTree(sqlite::Database& db, ledger::Origin origin, ledger::Frontier frontier);

  sqlite::Database* db_;
  ledger::Origin origin_;
  ledger::Frontier frontier_;
  std::vector<Closed> closed_;
  std::uint64_t first_kept_ = 0;
};

}  // namespace godwit::audit
