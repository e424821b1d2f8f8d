#include "tests/unit/audit/ledger_rig.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <bit>

namespace godwit::audit::ledger::test {

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16)));
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

std::string hex(const Digest& digest) { return hex(as_bytes(digest)); }

Digest digest(std::string_view hex) {
  const auto out = digest_from(from_hex(hex));
  REQUIRE(out.has_value());
  return *out;
}

Digest flipped(Digest digest, unsigned bit) {
  digest[bit / 8] = static_cast<std::uint8_t>(digest[bit / 8] ^ (1U << (bit % 8)));
  return digest;
}

Signer signer(const std::string& name, char seed) {
  return {name, PrivateKey::from_seed(std::string(PrivateKey::seed_bytes, seed))};
}

void Leaves::append(const Digest& leaf_hash) {
  std::vector<TileHash> completed;
  levels_[0].push_back(leaf_hash);
  frontier_.append(hasher_, leaf_hash, completed);
  for (const TileHash& tile : completed) {
    if (tile.level == levels_.size()) levels_.emplace_back();
    REQUIRE(tile.level < levels_.size());
    REQUIRE(tile.index == levels_[tile.level].size());
    levels_[tile.level].push_back(tile.hash);
  }
}

void Leaves::grow(std::uint64_t count) {
  for (; count > 0; --count) append(hasher_.leaf(std::to_string(levels_[0].size())));
}

Result<std::vector<Digest>> Leaves::hashes(unsigned level, std::uint64_t first, std::size_t count) {
  REQUIRE(count > 0);
  REQUIRE(first / 256 == (first + count - 1) / 256);
  REQUIRE(level < levels_.size());
  REQUIRE(first + count <= levels_[level].size());
  const auto begin = levels_[level].begin() + static_cast<std::ptrdiff_t>(first);
  return std::vector<Digest>(begin, begin + static_cast<std::ptrdiff_t>(count));
}

Digest Leaves::mth(std::uint64_t begin, std::uint64_t end) const {
  if (begin == end) return hasher_.of("");
  if (end - begin == 1) return levels_[0][begin];
  const std::uint64_t middle = begin + std::bit_floor(end - begin - 1);
  return hasher_.node(mth(begin, middle), mth(middle, end));
}

}  // namespace godwit::audit::ledger::test
