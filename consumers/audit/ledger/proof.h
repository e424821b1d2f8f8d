// Checks of proofs about a Merkle tree (RFC 9162, sections 2.1.3.2 and 2.1.4.2; RFC 6962, sections 2.1.1 and
// 2.1.2). Pure: what is not said in a parameter is not trusted. A failure is `invalid` and names what is
// wrong.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/result.h"
#include "consumers/audit/ledger/hash.h"

namespace godwit::audit::ledger {

// From the leaf's sibling to the root's child, as the RFCs and tlog-proof order it.
using Proof = std::vector<Digest>;

// That `leaf_hash` is the leaf `index` of the tree of `size` leaves whose root is `root`.
Status verify_inclusion(Hasher& hasher, std::uint64_t index, std::uint64_t size, const Digest& leaf_hash,
                        const Proof& proof, const Digest& root);

// A tree as a checkpoint states it.
struct TreeHead {
  std::uint64_t size = 0;
  Digest root = {};

  bool operator==(const TreeHead&) const = default;
};

// That `from` is a prefix of `to`: nothing it holds was changed, dropped or moved. Nothing can be proved of
// an empty tree, so from.size == 0 is refused; trees of equal size need equal roots and no hashes.
Status verify_consistency(Hasher& hasher, const TreeHead& from, const TreeHead& to, const Proof& proof);

}  // namespace godwit::audit::ledger
