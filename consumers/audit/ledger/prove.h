// Builds proofs (RFC 6962, sections 2.1.1 and 2.1.2) from the hashes of complete subtrees.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/result.h"
#include "consumers/audit/ledger/hash.h"
#include "consumers/audit/ledger/proof.h"

namespace godwit::audit::ledger {

// A resource: where a tree's hashes are found. It may do I/O; its errors come out of the function that asked.
class NodeReader {
 public:
  virtual ~NodeReader() = default;
  // The hash of the leaves [index << height, (index + 1) << height). Only asked for what lies within the
  // tree.
  virtual Result<Digest> node(unsigned height, std::uint64_t index) = 0;
};

// A resource: tile hashes as they are stored; see TileHash in tree.h.
class TileReader {
 public:
  virtual ~TileReader() = default;
  // The hashes [first, first + count) of a level, all of one tile and within the tree; exactly `count` of
  // them.
  virtual Result<std::vector<Digest>> hashes(unsigned level, std::uint64_t first, std::size_t count) = 0;
};

// Any node, from at most 128 hashes of one tile.
class TileNodes final : public NodeReader {
 public:
  TileNodes(Hasher& hasher, TileReader& tiles) : hasher_(hasher), tiles_(tiles) {}
  Result<Digest> node(unsigned height, std::uint64_t index) override;

 private:
  Hasher& hasher_;
  TileReader& tiles_;
};

// The root of the first `size` leaves: what a checkpoint of that size must hold.
Result<Digest> root_of(Hasher& hasher, NodeReader& nodes, std::uint64_t size);
// Errors besides the reader's are `invalid`: an index not below the size, a size from 0 or beyond the other.
Result<Proof> prove_inclusion(Hasher& hasher, NodeReader& nodes, std::uint64_t index, std::uint64_t size);
Result<Proof> prove_consistency(Hasher& hasher, NodeReader& nodes, std::uint64_t from, std::uint64_t to);

}  // namespace godwit::audit::ledger
