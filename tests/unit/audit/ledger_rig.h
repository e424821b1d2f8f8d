// A tree of leaves all of whose hashes are at hand, and how to break things.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consumers/audit/ledger/keys.h"
#include "consumers/audit/ledger/prove.h"
#include "consumers/audit/ledger/tree.h"

namespace godwit::audit::ledger::test {

std::string from_hex(std::string_view hex);
std::string hex(std::string_view bytes);
std::string hex(const Digest& digest);
Digest digest(std::string_view hex);
// The same but for one bit.
Digest flipped(Digest digest, unsigned bit);

// A key of that name, the same for the same seed.
Signer signer(const std::string& name, char seed = 's');

// Keeps what a store would: leaf hashes and the tile hashes that append() reports, and serves tiles from
// them. Asks of itself what TileReader promises: within one tile, and within the tree.
class Leaves final : public TileReader {
 public:
  explicit Leaves(Hasher& hasher) : hasher_(hasher) {}

  void append(const Digest& leaf_hash);
  // `count` leaves whose data are their index in decimal.
  void grow(std::uint64_t count);

  const Frontier& frontier() const { return frontier_; }
  const Digest& leaf(std::uint64_t index) const { return levels_[0][index]; }
  // The root of the first `size` leaves, by the definition: recursion, no frontier and no tiles.
  Digest root_by_definition(std::uint64_t size) const { return mth(0, size); }
  TreeHead head(std::uint64_t size) const { return {size, mth(0, size)}; }
  Result<std::vector<Digest>> hashes(unsigned level, std::uint64_t first, std::size_t count) override;

 private:
  Digest mth(std::uint64_t begin, std::uint64_t end) const;

  Hasher& hasher_;
  Frontier frontier_;
  std::vector<std::vector<Digest>> levels_{1};
};

}  // namespace godwit::audit::ledger::test
