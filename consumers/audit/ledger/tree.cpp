#include "consumers/audit/ledger/tree.h"

#include <fmt/format.h>

#include <bit>

#include "common/base/check.h"
#include "consumers/audit/ledger/bytes.h"

namespace godwit::audit::ledger {

void Frontier::append(Hasher& hasher, const Digest& leaf_hash, std::vector<TileHash>* completed) {
  GODWIT_CHECK(size < tree_size_max, "a tree of {} leaves", size);
  Digest hash = leaf_hash;
  std::uint64_t index = size;  // of the subtree `hash` is of, among those of its height
  for (unsigned height = 1; (index & 1U) != 0; ++height) {
    hash = hasher.node(nodes.back(), hash);
    nodes.pop_back();
    index >>= 1U;
    if (completed != nullptr && height % tile_height == 0)
      completed->push_back({height / tile_height, index, hash});
  }
  nodes.push_back(hash);
  ++size;
}

Digest Frontier::root(Hasher& hasher) const {
  if (nodes.empty()) return hasher.of("");
  Digest hash = nodes.back();
  for (std::size_t i = nodes.size() - 1; i-- > 0;) hash = hasher.node(nodes[i], hash);
  return hash;
}

std::string Frontier::bytes() const {
  std::string out;
  out.reserve(sizeof(size) + nodes.size() * sizeof(Digest));
  put_u64(out, size);
  for (const Digest& node : nodes) out.append(as_bytes(node));
  return out;
}

Result<Frontier> Frontier::parse(std::string_view bytes) {
  Frontier out;
  const auto leaves = take_u64(bytes);
  if (!leaves || *leaves > tree_size_max)
    return invalid_error("a frontier does not begin with the size of a tree");
  out.size = *leaves;
  const auto expected = static_cast<std::size_t>(std::popcount(out.size));
  if (bytes.size() != expected * sizeof(Digest))
    return invalid_error(fmt::format("a frontier of {} leaves has {} bytes of hashes, not {}", out.size,
                                     bytes.size(), expected * sizeof(Digest)));
  for (; !bytes.empty(); bytes.remove_prefix(sizeof(Digest)))
    out.nodes.push_back(*digest_from(bytes.substr(0, sizeof(Digest))));
  return out;
}

}  // namespace godwit::audit::ledger
