#include "consumers/audit/verify/tree_check.h"

#include <fmt/format.h>

#include <utility>

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
  for (; next_claim_ < claims_.size() && claims_[next_claim_].size == frontier_.size; ++next_claim_) {
    const Claim& claim = claims_[next_claim_];
    const auto wrong_before = wrong_[static_cast<std::size_t>(RootOf::checkpoint)];
    compare(RootOf::checkpoint, claim.root, fmt::format("what was signed ({})", claim.by));
    if (wrong_[static_cast<std::size_t>(RootOf::checkpoint)] == wrong_before)
      report_.signed_size = claim.size;
  }
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
  require_count("tile", tiles_);
  require_count("epoch", frontier_.size / epoch_leaves);
}

}  // namespace godwit::audit::verify
