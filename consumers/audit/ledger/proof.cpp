#include "consumers/audit/ledger/proof.h"

#include <fmt/format.h>

#include "common/base/base64.h"

namespace godwit::audit::ledger {
namespace {

// Where a node lies on its level, and the last node of that level. Both go up together; a node that is last
// and even has no sibling, so the way to the next proof hash leads over several levels at once.
struct Way {
  std::uint64_t node = 0;
  std::uint64_t last = 0;

  bool at_root() const { return last == 0; }
  bool sibling_is_left() const { return (node & 1U) != 0 || node == last; }
  void up() {
    node >>= 1U;
    last >>= 1U;
  }
  void up_to_sibling() {
    while ((node & 1U) == 0 && node != 0) up();
  }
};

Error inclusion_error(std::uint64_t index, std::uint64_t size, std::string_view what) {
  return invalid_error(fmt::format("inclusion of leaf {} in {} leaves: {}", index, size, what));
}

Error consistency_error(const TreeHead& from, const TreeHead& to, std::string_view what) {
  return invalid_error(fmt::format("consistency of {} with {} leaves: {}", from.size, to.size, what));
}

std::string other_root(const Digest& found, const Digest& claimed) {
  return fmt::format("the proof leads to the root {}, not {}", base64(as_bytes(found)),
                     base64(as_bytes(claimed)));
}

}  // namespace

Status verify_inclusion(Hasher& hasher, std::uint64_t index, std::uint64_t size, const Digest& leaf_hash,
                        const Proof& proof, const Digest& root) {
  if (index >= size) return inclusion_error(index, size, "there is no such leaf");
  Way way{index, size - 1};
  Digest hash = leaf_hash;
  for (const Digest& sibling : proof) {
    if (way.at_root()) return inclusion_error(index, size, "the proof is too long");
    if (way.sibling_is_left()) {
      hash = hasher.node(sibling, hash);
      way.up_to_sibling();
    } else {
      hash = hasher.node(hash, sibling);
    }
    way.up();
  }
  if (!way.at_root()) return inclusion_error(index, size, "the proof is too short");
  if (hash != root) return inclusion_error(index, size, other_root(hash, root));
  return Done{};
}

Status verify_consistency(Hasher& hasher, const TreeHead& from, const TreeHead& to, const Proof& proof) {
  if (from.size == 0) return consistency_error(from, to, "an empty tree is a prefix of any");
  if (from.size > to.size) return consistency_error(from, to, "the tree has shrunk");
  if (from.size == to.size) {
    if (!proof.empty()) return consistency_error(from, to, "the proof is too long");
    if (from.root != to.root) return consistency_error(from, to, "two roots of one size");
    return Done{};
  }
  // The largest complete subtree that ends where `from` ends: all of it, or the first hash of the proof.
  const bool complete = (from.size & (from.size - 1)) == 0;
  if (proof.empty()) return consistency_error(from, to, "the proof is too short");
  Way way{from.size - 1, to.size - 1};
  while ((way.node & 1U) != 0) way.up();
  Digest from_hash = complete ? from.root : proof.front();
  Digest to_hash = from_hash;
  for (std::size_t i = complete ? 0 : 1; i < proof.size(); ++i) {
    if (way.at_root()) return consistency_error(from, to, "the proof is too long");
    if (way.sibling_is_left()) {
      from_hash = hasher.node(proof[i], from_hash);
      to_hash = hasher.node(proof[i], to_hash);
      way.up_to_sibling();
    } else {
      to_hash = hasher.node(to_hash, proof[i]);
    }
    way.up();
  }
  if (!way.at_root()) return consistency_error(from, to, "the proof is too short");
  if (from_hash != from.root)
    return consistency_error(from, to, "before: " + other_root(from_hash, from.root));
  if (to_hash != to.root) return consistency_error(from, to, "after: " + other_root(to_hash, to.root));
  return Done{};
}

}  // namespace godwit::audit::ledger
