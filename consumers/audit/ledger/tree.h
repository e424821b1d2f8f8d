// The Merkle tree of RFC 6962 (section 2.1) and RFC 9162 (section 2.1) while it grows: the frontier is all
// that is needed to append and to tell the root. Leaves have a dense index from 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "consumers/audit/ledger/hash.h"

namespace godwit::audit::ledger {

inline constexpr std::uint64_t tree_size_max = std::uint64_t{1} << 62U;
// Tiles are 256 hashes wide: level L holds the hashes of complete subtrees of 256^L leaves.
inline constexpr unsigned tile_height = 8;

// Hash `index` of tile level `level`: that of the leaves [index * 256^level, (index + 1) * 256^level).
struct TileHash {
  unsigned level = 0;
  std::uint64_t index = 0;
  Digest hash = {};

  bool operator==(const TileHash&) const = default;
};

// The hashes of the complete subtrees a tree is made of, from the largest (the first leaves) to the smallest;
// one for each bit of `size` that is set. A value: equal trees have equal frontiers, and bytes.
struct Frontier {
  std::uint64_t size = 0;  // leaves
  std::vector<Digest> nodes = {};

  void append(Hasher& hasher, const Digest& leaf_hash) { append(hasher, leaf_hash, nullptr); }
  // Also adds to `completed` each tile hash of level 1 and above that this leaf completes, lowest first: one
  // for every 256th leaf, two for every 65,536th. That of level 0 is the leaf hash itself.
  void append(Hasher& hasher, const Digest& leaf_hash, std::vector<TileHash>& completed) {
    append(hasher, leaf_hash, &completed);
  }
  // MTH of the leaves so far; SHA-256 of nothing when there are none.
  Digest root(Hasher& hasher) const;

  // The size as 8 bytes, big-endian, then the nodes: at most 8 + 62 * 32 bytes. For a column; in base64 for
  // JSON.
  std::string bytes() const;
  // `invalid` when there are more or fewer nodes than a tree of that size has.
  static Result<Frontier> parse(std::string_view bytes);

  bool operator==(const Frontier&) const = default;

 private:
  void append(Hasher& hasher, const Digest& leaf_hash, std::vector<TileHash>* completed);
};

}  // namespace godwit::audit::ledger
