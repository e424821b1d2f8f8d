// TreeCheck: the tree made anew from the leaves, and compared with every root and hash that is claimed of it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/sqlite/database.h"
#include "consumers/audit/ledger/tree.h"
#include "consumers/audit/verify/finding.h"

namespace godwit::audit::verify {

// What a signed checkpoint says.
struct Claim {
  std::uint64_t size = 0;
  ledger::Digest root = {};
  std::string by = {};  // "signed.db", "export.ndjson:3"

  bool operator==(const Claim&) const = default;
};

enum class RootOf { segment, epoch, checkpoint, frontier };

// When a record changed together with its leaf, every later root differs. Only the first of each kind is a
// finding of its own, with the records the difference lies among; the others are counted.
class TreeCheck {
 public:
  // `claims` by size. `db` is the partition's file, `report` outlives it.
  TreeCheck(sqlite::Database& db, std::vector<Claim> claims, PartitionReport& report);

  std::uint64_t size() const { return frontier_.size; }
  const ledger::Frontier& frontier() const { return frontier_; }
  ledger::Digest root() { return frontier_.root(hasher_); }
  // The first `end` leaves, by the stored hashes alone: before the first append().
  void take_hashes(std::uint64_t end);
  // The first `end` leaves come by append(), and the hashes of the last of them are stored besides.
  void expect_hashes(std::uint64_t end);
  // Compares the hashes and roots that this leaf completes.
  void append(const ledger::Digest& leaf);
  // That the tree so far has this root.
  void compare(RootOf kind, const ledger::Digest& claimed, const std::string& by);
  // A leaf is not there: what is claimed of larger trees can no longer be checked.
  void break_off();
  bool broken() const { return broken_; }
  // After the last leaf: what is stored beyond it. Claims of larger trees are whoever's who knows all stores.
  void finish();

 private:
  void compare_tiles(const std::vector<ledger::TileHash>& completed);
  void compare_epoch();
  void compare_claims();
  void require_count(const char* table, std::uint64_t expected);

  sqlite::Database& db_;
  sqlite::Statement tile_, epoch_;
  const std::vector<Claim> claims_;
  PartitionReport& report_;
  ledger::Hasher hasher_;
  ledger::Frontier frontier_;
  std::size_t next_claim_ = 0;
  std::uint64_t agreed_ = 0;  // the largest size whose root was right
  std::uint64_t tiles_ = 0;   // completed
  std::uint64_t leaves_ = 0;  // whose hashes are stored without their records
  bool broken_ = false;
  std::array<std::uint64_t, 4> wrong_ = {};  // roots of each kind
};

}  // namespace godwit::audit::verify
