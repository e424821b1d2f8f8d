#include "consumers/audit/ledger/prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "consumers/audit/ledger/tree.h"

namespace godwit::audit::ledger {
namespace {

// Leaves [begin, end). `begin` is a multiple of a power of two that is not below end - begin, as in every
// part of a tree that the RFC's definition leads to.
struct Part {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t leaves() const { return end - begin; }
  // Where the RFC splits it: the largest power of two below its size.
  std::uint64_t middle() const { return begin + std::bit_floor(leaves() - 1); }
};

// MTH of the part: its complete subtrees from left to right, joined from right to left.
Result<Digest> hash_of(Hasher& hasher, NodeReader& nodes, Part part) {
  std::vector<Digest> subtrees;
  while (part.leaves() > 0) {
    const auto height = static_cast<unsigned>(std::bit_width(part.leaves()) - 1);
    auto hash = nodes.node(height, part.begin >> height);
    if (!hash) return hash;
    subtrees.push_back(*hash);
    part.begin += std::uint64_t{1} << height;
  }
  Digest out = subtrees.back();
  for (std::size_t i = subtrees.size() - 1; i-- > 0;) out = hasher.node(subtrees[i], out);
  return out;
}

// The hashes of `parts`, which were gathered on the way down and belong in the order of the way up.
Result<Proof> hashes_of(Hasher& hasher, NodeReader& nodes, const std::vector<Part>& parts) {
  Proof out;
  out.reserve(parts.size());
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    const auto hash = hash_of(hasher, nodes, *part);
    if (!hash) return hash.error();
    out.push_back(*hash);
  }
  return out;
}

}  // namespace

Result<Digest> TileNodes::node(unsigned height, std::uint64_t index) {
  const unsigned above = height % tile_height;
  const std::size_t count = std::size_t{1} << above;
  auto hashes = tiles_.hashes(height / tile_height, index << above, count);
  if (!hashes) return hashes.error();
  if (hashes->size() != count)
    return invalid_error(fmt::format("{} hashes of tile level {} from {}, not {}", hashes->size(),
                                     height / tile_height, index << above, count));
  for (std::size_t left = count / 2; left > 0; left /= 2)
    for (std::size_t i = 0; i < left; ++i)
      (*hashes)[i] = hasher_.node((*hashes)[2 * i], (*hashes)[2 * i + 1]);
  return hashes->front();
}

Result<Digest> root_of(Hasher& hasher, NodeReader& nodes, std::uint64_t size) {
  if (size == 0) return hasher.of("");
  return hash_of(hasher, nodes, {0, size});
}

Result<Proof> prove_inclusion(Hasher& hasher, NodeReader& nodes, std::uint64_t index, std::uint64_t size) {
  if (index >= size) return invalid_error(fmt::format("a tree of {} leaves has no leaf {}", size, index));
  std::vector<Part> siblings;
  for (Part part{0, size}; part.leaves() > 1;) {
    const std::uint64_t middle = part.middle();
    const bool goes_left = index < middle;
    siblings.push_back(goes_left ? Part{middle, part.end} : Part{part.begin, middle});
    part = goes_left ? Part{part.begin, middle} : Part{middle, part.end};
  }
  return hashes_of(hasher, nodes, siblings);
}

Result<Proof> prove_consistency(Hasher& hasher, NodeReader& nodes, std::uint64_t from, std::uint64_t to) {
  if (from == 0 || from > to)
    return invalid_error(fmt::format("there is no proof from {} to {} leaves", from, to));
  std::vector<Part> parts;
  Part part{0, to};
  while (part.end != from) {
    const std::uint64_t middle = part.middle();
    const bool goes_left = from <= middle;
    parts.push_back(goes_left ? Part{middle, part.end} : Part{part.begin, middle});
    part = goes_left ? Part{part.begin, middle} : Part{middle, part.end};
  }
  // The subtree that ends where the smaller tree ends; known already when it is that tree.
  if (part.begin != 0) parts.push_back(part);
  return hashes_of(hasher, nodes, parts);
}

}  // namespace godwit::audit::ledger
