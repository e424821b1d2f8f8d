// A proof holds for what it was made for, and for nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "tests/unit/audit/ledger_rig.h"

using namespace godwit;
using namespace godwit::audit::ledger;
using namespace godwit::audit::ledger::test;

namespace {

struct Rig {
  Hasher hasher = {};
  Leaves tree{hasher};
  TileNodes nodes{hasher, tree};
  std::mt19937_64 random{20'260'101};

  explicit Rig(std::uint64_t leaves) { tree.grow(leaves); }

  std::uint64_t below(std::uint64_t bound) { return random() % bound; }
  // A size that is small, at random, or near a power of two.
  std::uint64_t size_up_to(std::uint64_t most) {
    const std::uint64_t kind = below(3);
    if (kind == 0) return 1 + below(std::min<std::uint64_t>(most, 10));
    if (kind == 1) return 1 + below(most);
    return std::clamp<std::uint64_t>((std::uint64_t{1} << below(13)) - 1 + below(3), 1, most);
  }
  bool includes(std::uint64_t index, std::uint64_t size, const Digest& leaf, const Proof& proof,
                const Digest& root) {
    return verify_inclusion(hasher, index, size, leaf, proof, root).ok();
  }
  bool extends(const TreeHead& from, const TreeHead& to, const Proof& proof) {
    return verify_consistency(hasher, from, to, proof).ok();
  }
};

constexpr std::uint64_t leaves = 5'000;

std::size_t bits(const Proof& proof) { return proof.size() * 256; }

Proof flipped_in(Proof proof, std::size_t bit) {
  proof[bit / 256] = flipped(proof[bit / 256], static_cast<unsigned>(bit % 256));
  return proof;
}

}  // namespace

TEST_CASE("every leaf of every small tree is proved, and under no other index or size") {
  Rig rig{40};
  for (std::uint64_t size = 1; size <= 40; ++size) {
    const Digest root = rig.tree.root_by_definition(size);
    for (std::uint64_t index = 0; index < size; ++index) {
      const Proof proof = *prove_inclusion(rig.hasher, rig.nodes, index, size);
      CHECK(rig.includes(index, size, rig.tree.leaf(index), proof, root));
      for (std::uint64_t other = 0; other <= size; ++other)
        if (other != index) CHECK_FALSE(rig.includes(other, size, rig.tree.leaf(index), proof, root));
      // A path fits other sizes as well when it has their shape; the root then belongs to the size.
      for (std::uint64_t other = index + 1; other <= 40; ++other)
        if (other != size)
          CHECK_FALSE(
              rig.includes(index, other, rig.tree.leaf(index), proof, rig.tree.root_by_definition(other)));
    }
  }
}

TEST_CASE("every pair of small trees is proved, and no other pair by the same proof") {
  Rig rig{24};
  for (std::uint64_t from = 1; from <= 24; ++from)
    for (std::uint64_t to = from; to <= 24; ++to) {
      const Proof proof = *prove_consistency(rig.hasher, rig.nodes, from, to);
      CHECK(rig.extends(rig.tree.head(from), rig.tree.head(to), proof));
      if (from == to) continue;
      for (std::uint64_t other = 0; other <= 24; ++other) {
        if (other != from) CHECK_FALSE(rig.extends(rig.tree.head(other), rig.tree.head(to), proof));
        if (other != to) CHECK_FALSE(rig.extends(rig.tree.head(from), rig.tree.head(other), proof));
      }
    }
}

TEST_CASE("proofs of random leaves hold, and with any bit flipped do not") {
  Rig rig{leaves};
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t size = rig.size_up_to(leaves);
    const std::uint64_t index = rig.below(size);
    const Digest root = rig.tree.root_by_definition(size);
    const Digest leaf = rig.tree.leaf(index);
    const Proof proof = *prove_inclusion(rig.hasher, rig.nodes, index, size);
    CHECK(rig.includes(index, size, leaf, proof, root));
    const auto bit = static_cast<unsigned>(rig.below(256));
    CHECK_FALSE(rig.includes(index, size, flipped(leaf, bit), proof, root));
    CHECK_FALSE(rig.includes(index, size, leaf, proof, flipped(root, bit)));
    CHECK_FALSE(rig.includes(rig.below(size) + size, size, leaf, proof, root));
    if (proof.empty()) continue;
    CHECK_FALSE(rig.includes(index, size, leaf, flipped_in(proof, rig.below(bits(proof))), root));
    CHECK_FALSE(rig.includes(index, size, leaf, {proof.begin(), proof.end() - 1}, root));
    Proof longer = proof;
    longer.push_back(root);
    CHECK_FALSE(rig.includes(index, size, leaf, longer, root));
  }
  const Proof proof = *prove_inclusion(rig.hasher, rig.nodes, 1'234, leaves);
  const TreeHead head = rig.tree.head(leaves);
  for (std::size_t bit = 0; bit < bits(proof); ++bit)
    CHECK_FALSE(rig.includes(1'234, leaves, rig.tree.leaf(1'234), flipped_in(proof, bit), head.root));
}

TEST_CASE("proofs between random sizes hold, and with any bit flipped do not") {
  Rig rig{leaves};
  for (int round = 0; round < 200; ++round) {
    const TreeHead to = rig.tree.head(rig.size_up_to(leaves));
    const TreeHead from = rig.tree.head(rig.size_up_to(to.size));
    const Proof proof = *prove_consistency(rig.hasher, rig.nodes, from.size, to.size);
    CHECK(rig.extends(from, to, proof));
    const auto bit = static_cast<unsigned>(rig.below(256));
    CHECK_FALSE(rig.extends({from.size, flipped(from.root, bit)}, to, proof));
    CHECK_FALSE(rig.extends(from, {to.size, flipped(to.root, bit)}, proof));
    if (proof.empty()) continue;
    CHECK_FALSE(rig.extends(to, from, proof));
    CHECK_FALSE(rig.extends(from, to, flipped_in(proof, rig.below(bits(proof)))));
    CHECK_FALSE(rig.extends(from, to, {proof.begin(), proof.end() - 1}));
    Proof longer = proof;
    longer.push_back(to.root);
    CHECK_FALSE(rig.extends(from, to, longer));
  }
  const Proof proof = *prove_consistency(rig.hasher, rig.nodes, 1'234, leaves);
  const TreeHead from = rig.tree.head(1'234);
  const TreeHead to = rig.tree.head(leaves);
  for (std::size_t bit = 0; bit < bits(proof); ++bit)
    CHECK_FALSE(rig.extends(from, to, flipped_in(proof, bit)));
}

TEST_CASE("proofs reach through three levels of tiles") {
  Rig rig{70'000};
  for (const std::uint64_t index : {0U, 255U, 256U, 65'535U, 65'536U, 69'999U}) {
    const auto proof = prove_inclusion(rig.hasher, rig.nodes, index, 70'000);
    REQUIRE(proof.ok());
    CHECK(rig.includes(index, 70'000, rig.tree.leaf(index), *proof, rig.tree.frontier().root(rig.hasher)));
  }
  const auto proof = prove_consistency(rig.hasher, rig.nodes, 65'536, 70'000);
  REQUIRE(proof.ok());
  CHECK(rig.extends(rig.tree.head(65'536), rig.tree.head(70'000), *proof));
}

TEST_CASE("a failed proof says what is wrong") {
  Rig rig{8};
  const TreeHead five = rig.tree.head(5);
  const TreeHead eight = rig.tree.head(8);
  const Proof proof = *prove_inclusion(rig.hasher, rig.nodes, 3, 8);
  const auto why = [&](std::uint64_t index, std::uint64_t size, const Proof& given) {
    return verify_inclusion(rig.hasher, index, size, rig.tree.leaf(3), given, eight.root).error().message;
  };
  CHECK(why(8, 8, proof) == "inclusion of leaf 8 in 8 leaves: there is no such leaf");
  CHECK(why(3, 8, {}) == "inclusion of leaf 3 in 8 leaves: the proof is too short");
  CHECK(why(3, 4, proof) == "inclusion of leaf 3 in 4 leaves: the proof is too long");
  CHECK(why(2, 8, proof).starts_with("inclusion of leaf 2 in 8 leaves: the proof leads to the root "));
  const auto between = [&](const TreeHead& from, const TreeHead& to) {
    return verify_consistency(rig.hasher, from, to, {}).error().message;
  };
  CHECK(between(eight, five) == "consistency of 8 with 5 leaves: the tree has shrunk");
  CHECK(between({8, five.root}, eight) == "consistency of 8 with 8 leaves: two roots of one size");
  CHECK(between({}, eight) == "consistency of 0 with 8 leaves: an empty tree is a prefix of any");
  CHECK(between(five, eight) == "consistency of 5 with 8 leaves: the proof is too short");
  CHECK_FALSE(prove_inclusion(rig.hasher, rig.nodes, 8, 8).ok());
  CHECK_FALSE(prove_consistency(rig.hasher, rig.nodes, 0, 8).ok());
  CHECK_FALSE(prove_consistency(rig.hasher, rig.nodes, 9, 8).ok());
}

TEST_CASE("what the store cannot read is the answer, not a wrong proof") {
  class Broken final : public TileReader {
    Result<std::vector<Digest>> hashes(unsigned, std::uint64_t, std::size_t count) override {
      if (count > 1) return transient_error("the disk is away");
      return std::vector<Digest>{};
    }
  } broken;
  Hasher hasher;
  TileNodes nodes{hasher, broken};
  CHECK(prove_inclusion(hasher, nodes, 0, 8).error().message == "0 hashes of tile level 0 from 1, not 1");
  CHECK(prove_inclusion(hasher, nodes, 6, 7).error() == transient_error("the disk is away"));
  CHECK(prove_consistency(hasher, nodes, 6, 7).error().kind == ErrorKind::transient);
  CHECK_FALSE(root_of(hasher, nodes, 4).ok());
}
