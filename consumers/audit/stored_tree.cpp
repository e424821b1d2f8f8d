#include "consumers/audit/stored_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/sqlite/partition_directory.h"
#include "consumers/audit/record_table.h"
#include "consumers/audit/tree_table.h"

namespace godwit::audit {
namespace {

using ledger::Digest;

bool has_tree(sqlite::Database& db) {
  return db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'tree'").step();
}

// Appends those hashes of [first, end) that lie in the table, in order.
Status read_leaves(sqlite::Database& db, const std::string& table, std::uint64_t first, std::uint64_t end,
                   std::vector<Digest>& out) {
  auto rows = db.prepare(fmt::format("SELECT leaf, id FROM {} WHERE id >= ? AND id < ? ORDER BY id", table));
  rows.bind(static_cast<std::int64_t>(first), static_cast<std::int64_t>(end));
  while (rows.step()) {
    const auto leaf = ledger::digest_from(rows.blob(0));
    if (!leaf) return fatal_error(fmt::format("{}: row {} has no leaf", db.path(), rows.integer(1)));
    out.push_back(*leaf);
  }
  return Done{};
}

// Likewise of those hashes of single leaves that are kept without their records.
Status read_pruned(sqlite::Database& db, std::uint64_t first, std::uint64_t end, std::vector<Digest>& out) {
  auto rows = db.prepare(
      "SELECT hash, position FROM tile WHERE level = 0 AND position >= ? AND position < ? ORDER BY position");
  rows.bind(static_cast<std::int64_t>(first), static_cast<std::int64_t>(end));
  while (rows.step()) {
    const auto leaf = ledger::digest_from(rows.blob(0));
    if (!leaf) return fatal_error(fmt::format("{}: leaf {} has no hash", db.path(), rows.integer(1)));
    out.push_back(*leaf);
  }
  return Done{};
}

}  // namespace

std::optional<StoredTree> StoredTree::open(sqlite::Database& db) {
  if (!has_tree(db)) return std::nullopt;
  auto row = db.prepare(
      "SELECT frontier, topic, partition, (SELECT value FROM meta WHERE name = 'cluster_id') FROM tree, "
      "origin");
  if (!row.step() || row.is_null(3)) return std::nullopt;
  auto frontier = ledger::Frontier::parse(row.blob(0));
  if (!frontier)
    throw projection::StoreUnavailable{db.path() + ": the tree is damaged: " + frontier.error().message,
                                       true};
  ledger::Origin origin{std::string{row.text(3)}, std::string{row.text(1)},
                        static_cast<std::int32_t>(row.integer(2))};
  row.reset();
  return StoredTree{db, std::move(origin), std::move(*frontier)};
}

StoredTree::StoredTree(sqlite::Database& db, ledger::Origin origin, ledger::Frontier frontier)
    : db_(&db),
      origin_(std::move(origin)),
      frontier_(std::move(frontier)),
      closed_(closed_segments(db)),
      first_kept_(static_cast<std::uint64_t>(keep::first_kept(db))) {}

std::vector<std::uint64_t> StoredTree::marks_after(std::uint64_t from) const {
  std::vector<std::uint64_t> out;
  for (std::uint64_t size = (from / epoch_leaves + 1) * epoch_leaves; size <= frontier_.size;
       size += epoch_leaves)
    out.push_back(size);
  for (const Closed& each : closed_)
    if (const auto end = static_cast<std::uint64_t>(each.segment.first_index + each.segment.rows); end > from)
      out.push_back(end);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<std::vector<Digest>> StoredTree::hashes(unsigned level, std::uint64_t first, std::size_t count) {
  std::vector<Digest> out;
  if (level > 0) {
    auto rows =
        db_->prepare("SELECT hash FROM tile WHERE level = ? AND position >= ? ORDER BY position LIMIT ?");
    rows.bind(std::int64_t{level}, static_cast<std::int64_t>(first), static_cast<std::int64_t>(count));
    while (rows.step())
      if (const auto hash = ledger::digest_from(rows.blob(0))) out.push_back(*hash);
  } else {
    const std::uint64_t end = first + count;
    if (first < first_kept_)
      if (Status read = read_pruned(*db_, first, end, out); !read) return read.error();
    for (const Closed& each : closed_) {
      const auto begins = static_cast<std::uint64_t>(each.segment.first_index);
      if (begins >= end || begins + static_cast<std::uint64_t>(each.segment.rows) <= first) continue;
      Status read = Done{};
      if (each.sealed) {
        auto file = sqlite::Database::open_or_throw(sealed_path(db_->path(), each.segment.first_index),
                                                    sqlite::OpenMode::immutable);
        read = read_leaves(file, "record", first, end, out);
      } else {
        read = read_leaves(*db_, closed_record_table(each.segment.first_index), first, end, out);
      }
      if (!read) return read.error();
    }
    if (Status read = read_leaves(*db_, "record", first, end, out); !read) return read.error();
  }
  if (out.size() != count)
    return fatal_error(fmt::format("{}: hashes [{}, {}) of level {} are not all there", db_->path(), first,
                                   first + count, level));
  return out;
}

}  // namespace godwit::audit
