#include "consumers/audit/verify/tree_check.h"

#include <fmt/format.h>

#include <utility>

#include "consumers/audit/ledger/tiles.h"
#include "consumers/audit/tree_table.h"

namespace godwit::audit::verify {
namespace {

constexpr std::array<const char*, 4> kinds{"segments", "epochs", "checkpoints", "frontiers"};

}  // namespace

TreeCheck::TreeCheck(sqlite::Database& db, std::vector<Claim> claims, PartitionReport& report)
    : db_(db),
      tile_(db.prepare("SELECT hash FROM tile WHERE level = ? AND position = ?")),
      epoch_(db.prepare("SELECT root FROM epoch WHERE size = ?")),
      claims_(std::move(claims)),
      report_(report) {}

void TreeCheck::append(const ledger::Digest& leaf) {
  if (broken_) return;
  std::vector<ledger::TileHash> completed;
  frontier_.append(hasher_, leaf, completed);
  compare_tiles(completed);
  if (frontier_.size % epoch_leaves == 0) compare_epoch();
  compare_claims();
}

// Those of a size that was passed over cannot be checked any more.
void TreeCheck::compare_claims() {
  for (; next_claim_ < claims_.size() && claims_[next_claim_].size <= frontier_.size; ++next_claim_) {
    const Claim& claim = claims_[next_claim_];
    if (claim.size < frontier_.size) continue;
    const auto wrong_before = wrong_[static_cast<std::size_t>(RootOf::checkpoint)];
    compare(RootOf::checkpoint, claim.root, fmt::format("what was signed ({})", claim.by));
    if (wrong_[static_cast<std::size_t>(RootOf::checkpoint)] == wrong_before)
      report_.signed_size = claim.size;
  }
}

void TreeCheck::expect_hashes(std::uint64_t end) { leaves_ = end % ledger::tile_width; }

// A tree over the hashes of tiles has the nodes of the tree over their leaves, so it is made of those, and
// then of the leaves behind the last complete tile.
void TreeCheck::take_hashes(std::uint64_t end) {
  ledger::Frontier coarse;
  auto tile = db_.prepare("SELECT hash FROM tile WHERE level = 1 AND position < ? ORDER BY position");
  tile.bind(static_cast<std::int64_t>(end / ledger::tile_width));
  while (tile.step()) {
    std::vector<ledger::TileHash> completed;
    coarse.append(hasher_, ledger::digest_from(tile.blob(0)).value_or(ledger::Digest{}), completed);
    ++tiles_;
    for (ledger::TileHash& each : completed) ++each.level;
    frontier_ = {coarse.size * ledger::tile_width, coarse.nodes};
    compare_tiles(completed);
    if (frontier_.size % epoch_leaves == 0) compare_epoch();
    compare_claims();
  }
  auto leaf = db_.prepare(
      "SELECT hash FROM tile WHERE level = 0 AND position >= ? AND position < ? ORDER BY position");
  leaf.bind(static_cast<std::int64_t>(frontier_.size), static_cast<std::int64_t>(end));
  for (; leaf.step(); ++leaves_) append(ledger::digest_from(leaf.blob(0)).value_or(ledger::Digest{}));
  if (frontier_.size == end) return;
  report_.at_index(
      frontier_.size,
      fmt::format("it was pruned, and hashes are missing: of the records [{}, {})", frontier_.size, end));
  break_off();
}

void TreeCheck::compare_tiles(const std::vector<ledger::TileHash>& completed) {
  for (const ledger::TileHash& tile : completed) {
    ++tiles_;
    tile_.bind(std::int64_t{tile.level}, static_cast<std::int64_t>(tile.index));
    const bool right = tile_.step() && ledger::digest_from(tile_.blob(0)) == tile.hash;
    tile_.reset();
    const std::uint64_t width = std::uint64_t{1} << (tile.level * ledger::tile_height);
    if (!right)
      report_.at_size((tile.index + 1) * width,
                      fmt::format("its stored hash of the records [{}, {}) is not theirs", tile.index * width,
                                  (tile.index + 1) * width));
  }
}

void TreeCheck::compare_epoch() {
  epoch_.bind(static_cast<std::int64_t>(frontier_.size));
  if (!epoch_.step()) {
    report_.at_size(frontier_.size, "the root of this epoch is not stored");
    return;
  }
  const auto stored = ledger::digest_from(epoch_.blob(0)).value_or(ledger::Digest{});
  epoch_.reset();
  compare(RootOf::epoch, stored, "its epoch");
}

void TreeCheck::compare(RootOf kind, const ledger::Digest& claimed, const std::string& by) {
  if (broken_) return;
  if (root() == claimed) {
    agreed_ = frontier_.size;
    return;
  }
  if (wrong_.at(static_cast<std::size_t>(kind))++ > 0) return;
  report_.at_size(frontier_.size,
                  agreed_ == frontier_.size
                      ? fmt::format("{} has another root, though the records have that of others", by)
                      : fmt::format("{} has another root: the records [{}, {}) are not those it was made of",
                                    by, agreed_, frontier_.size));
}

void TreeCheck::break_off() {
  if (std::exchange(broken_, true)) return;
  report_.at_size(frontier_.size, fmt::format("no larger tree can be made again; {} checkpoints of larger "
                                              "ones are not checked",
                                              claims_.size() - next_claim_));
}

void TreeCheck::require_count(const char* table, std::uint64_t expected) {
  auto count = db_.prepare(fmt::format("SELECT count(*) FROM {}", table));
  count.step();
  const auto stored = static_cast<std::uint64_t>(count.integer(0));
  if (stored != expected)
    report_.at_size(frontier_.size, fmt::format("{} rows of table {} are stored, and its records give {}",
                                                stored, table, expected));
}

void TreeCheck::finish() {
  for (std::size_t kind = 0; kind < wrong_.size(); ++kind)
    if (wrong_.at(kind) > 1)
      report_.at_size(frontier_.size,
                      fmt::format("so have {} larger {}", wrong_.at(kind) - 1, kinds.at(kind)));
  if (broken_) return;
  require_count("tile", tiles_ + leaves_);
  require_count("epoch", frontier_.size / epoch_leaves);
}

}  // namespace godwit::audit::verify
