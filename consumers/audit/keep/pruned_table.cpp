#include "consumers/audit/keep/pruned_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/base64.h"
#include "common/event/event.h"
#include "consumers/audit/ledger/tiles.h"
#include "consumers/audit/segments.h"

namespace godwit::audit::keep {
namespace {

using sqlite::Statement;

bool has_table(sqlite::Database& db) {
  return db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'pruned'").step();
}

// Sorted numbers as bytes, so that one is found in them by halving.
std::string packed(std::vector<std::uint64_t> hashes) {
  std::sort(hashes.begin(), hashes.end());
  std::string out(hashes.size() * sizeof(std::uint64_t), '\0');
  if (!hashes.empty()) std::memcpy(out.data(), hashes.data(), out.size());
  return out;
}

std::int64_t count_in(std::string_view bytes, std::uint64_t hash) {
  std::vector<std::uint64_t> hashes(bytes.size() / sizeof(std::uint64_t));
  if (!hashes.empty()) std::memcpy(hashes.data(), bytes.data(), hashes.size() * sizeof(std::uint64_t));
  const auto range = std::equal_range(hashes.begin(), hashes.end(), hash);
  return range.second - range.first;
}

std::int64_t tile_begin(std::int64_t index) { return index / ledger::tile_width * ledger::tile_width; }

}  // namespace

std::string statement(const ledger::Origin& origin, const Segment& segment) {
  return fmt::format("godwit-audit pruned\n{}\n{} {}\n{}\n", origin.text(), segment.first_index,
                     segment.first_index + segment.rows, base64(ledger::as_bytes(segment.root)));
}

std::vector<Pruned> pruned_segments(sqlite::Database& db) {
  std::vector<Pruned> out;
  if (!has_table(db)) return out;
  auto row = db.prepare(
      "SELECT topic, partition, first_index, rows, bytes, first_offset, last_offset, earliest_ms, latest_ms, "
      "root, note FROM pruned, origin ORDER BY first_index");
  while (row.step()) out.push_back({read_segment(row), std::string{row.text(10)}});
  return out;
}

std::int64_t first_kept(sqlite::Database& db) {
  if (!has_table(db)) return 0;
  auto row = db.prepare("SELECT max(first_index + rows) FROM pruned");
  row.step();
  return row.maybe_integer(0).value_or(0);
}

bool was_pruned(sqlite::Database& db, std::string_view event_id) {
  if (!has_table(db)) return false;
  const std::uint64_t hash = event::identity_hash({}, event_id);
  auto row = db.prepare("SELECT event_ids FROM pruned WHERE lowest_id <= ?1 AND highest_id >= ?1");
  row.bind(event_id);
  while (row.step())
    if (count_in(row.blob(0), hash) > 0) return true;
  return false;
}

PruneOrder prepare(const Segment& segment, const std::string& path) {
  PruneOrder out{.segment = segment, .note = {}, .identities = {}, .event_ids = {}, .tail = {}};
  auto db = sqlite::Database::open_or_throw(path, sqlite::OpenMode::immutable);
  std::vector<std::uint64_t> identities, event_ids;
  auto ids = db.prepare("SELECT source, event_id FROM record WHERE source IS NOT NULL");
  while (ids.step()) {
    identities.push_back(event::identity_hash(ids.text(0), ids.text(1)));
    event_ids.push_back(event::identity_hash({}, ids.text(1)));
  }
  out.identities = packed(std::move(identities));
  out.event_ids = packed(std::move(event_ids));
  auto leaves = db.prepare("SELECT leaf FROM record WHERE id >= ? ORDER BY id");
  leaves.bind(tile_begin(segment.first_index + segment.rows));
  while (leaves.step()) out.tail.push_back(ledger::digest_from(leaves.blob(0)).value_or(ledger::Digest{}));
  return out;
}

void PruneOrders::give(const std::string& partition_file, PruneOrder order) {
  const std::lock_guard lock{mutex_};
  waiting_.insert_or_assign(partition_file, std::move(order));
}

bool PruneOrders::has(const std::string& partition_file) const {
  const std::lock_guard lock{mutex_};
  return waiting_.contains(partition_file);
}

std::optional<PruneOrder> PruneOrders::take(const std::string& partition_file) {
  const std::lock_guard lock{mutex_};
  auto node = waiting_.extract(partition_file);
  return node.empty() ? std::nullopt : std::optional{std::move(node.mapped())};
}

std::string PrunedTable::schema() {
  return R"(
CREATE TABLE IF NOT EXISTS pruned (
  first_index INTEGER PRIMARY KEY,
  rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
  first_offset INTEGER NOT NULL, last_offset INTEGER NOT NULL,
  earliest_ms INTEGER NOT NULL, latest_ms INTEGER NOT NULL,
  root BLOB NOT NULL, note TEXT NOT NULL,
  lowest_id TEXT NOT NULL, highest_id TEXT NOT NULL, ids BLOB NOT NULL,  -- as the segment had them
  identities BLOB NOT NULL, event_ids BLOB NOT NULL) STRICT;             -- 64 bits of each, sorted
)";
}

void PrunedTable::reload() {
  ids_.clear();
  highest_id_.clear();
  auto row = db_.prepare("SELECT first_index, lowest_id, highest_id, ids FROM pruned");
  while (row.step()) {
    ids_.emplace(row.integer(0), KnownIds::of(row.text(1), row.text(2), row.blob(3)));
    highest_id_ = std::max(highest_id_, std::string{row.text(2)});
  }
}

// Hashes of single leaves are needed from the tile on that the next record lies in, and no others.
void PrunedTable::take(const PruneOrder& order) {
  const std::int64_t first = order.segment.first_index, end = first + order.segment.rows;
  db_.prepare(
         "INSERT INTO pruned SELECT first_index, rows, bytes, first_offset, last_offset, earliest_ms, "
         "latest_ms, root, ?, lowest_id, highest_id, ids, ?, ? FROM segment WHERE first_index = ?")
      .run(order.note, Statement::blob_of(order.identities), Statement::blob_of(order.event_ids), first);
  db_.prepare("DELETE FROM segment WHERE first_index = ?").run(first);
  db_.prepare("DELETE FROM tile WHERE level = 0 AND position < ?").run(tile_begin(end));
  auto leaf = db_.prepare("INSERT INTO tile VALUES (0, ?, ?)");
  std::int64_t position = end - static_cast<std::int64_t>(order.tail.size());
  for (const ledger::Digest& hash : order.tail)
    leaf.run(position++, Statement::blob_of(ledger::as_bytes(hash)));
  reload();
}

std::int64_t PrunedTable::rows_of(std::string_view source, std::string_view event_id) {
  std::int64_t out = 0;
  if (event_id > highest_id_) return out;
  for (const auto& [first_index, ids] : ids_) {
    if (!ids.may_hold(source, event_id)) continue;
    auto row = db_.prepare("SELECT identities FROM pruned WHERE first_index = ?");
    if (row.bind(first_index).step()) out += count_in(row.blob(0), event::identity_hash(source, event_id));
  }
  return out;
}

}  // namespace godwit::audit::keep
