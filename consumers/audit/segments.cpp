#include "consumers/audit/segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/sqlite/partition_directory.h"
#include "consumers/audit/record_table.h"

namespace godwit::audit {
namespace {

using sqlite::Statement;

std::string select_segments(std::string_view more) {
  return fmt::format(
      "SELECT topic, partition, first_index, rows, bytes, first_offset, last_offset, earliest_ms, latest_ms, "
      "root, file_sha256 IS NOT NULL{} FROM segment, origin ORDER BY first_index",
      more);
}

// What the rows of the open segment say of it.
Segment measure(sqlite::Database& db, std::int64_t first_index) {
  auto row = db.prepare(
      "SELECT topic, partition, (SELECT max(id) FROM record) - ?1 + 1,"
      " (SELECT log_offset FROM record ORDER BY id LIMIT 1),"
      " (SELECT log_offset FROM record ORDER BY id DESC LIMIT 1),"
      " (SELECT min(event_ms) FROM record), (SELECT max(event_ms) FROM record) FROM origin");
  GODWIT_CHECK(row.bind(first_index).step(), "{}: a segment is closed that has no origin", db.path());
  Segment out;
  out.topic = row.text(0);
  out.partition = static_cast<std::int32_t>(row.integer(1));
  out.first_index = first_index;
  out.rows = row.integer(2);
  out.first_offset = row.integer(3);
  out.last_offset = row.integer(4);
  out.earliest_ms = row.integer(5);
  out.latest_ms = row.integer(6);
  return out;
}

KnownIds ids_in(sqlite::Database& db, std::int64_t rows) {
  KnownIds out{static_cast<std::size_t>(rows)};
  auto ids = db.prepare("SELECT source, event_id FROM record WHERE source IS NOT NULL");
  while (ids.step()) out.add(ids.text(0), ids.text(1));
  return out;
}

}  // namespace

Segment read_segment(const sqlite::Statement& row) {
  Segment out;
  out.topic = row.text(0);
  out.partition = static_cast<std::int32_t>(row.integer(1));
  out.first_index = row.integer(2);
  out.rows = row.integer(3);
  out.bytes = row.integer(4);
  out.first_offset = row.integer(5);
  out.last_offset = row.integer(6);
  out.earliest_ms = row.integer(7);
  out.latest_ms = row.integer(8);
  out.root = ledger::digest_from(row.blob(9)).value_or(ledger::Digest{});
  return out;
}

std::string Segments::schema() {
  return std::string{R"(
CREATE TABLE IF NOT EXISTS segment (
  first_index INTEGER PRIMARY KEY,
  rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
  first_offset INTEGER NOT NULL, last_offset INTEGER NOT NULL,
  earliest_ms INTEGER NOT NULL, latest_ms INTEGER NOT NULL,
  root BLOB NOT NULL,     -- of the tree of all records up to its last
  file_sha256 BLOB,       -- of its file, which is named by first_index; NULL while its table is still here
  lowest_id TEXT NOT NULL, highest_id TEXT NOT NULL, ids BLOB NOT NULL) STRICT;  -- known_ids.h
)"} + keep::PrunedTable::schema();
}

Segments::Segments(sqlite::Database& db, const SegmentsOptions& options)
    : db_(db),
      options_(options),
      pruned_(db),
      sealer_(std::make_unique<Sealer>(db.path(), sqlite::companion_of(db.path()))) {
  reload();
}

void Segments::reload() {
  closed_.clear();
  pruned_.reload();
  highest_id_.clear();
  auto rows = db_.prepare(select_segments(", lowest_id, highest_id, ids"));
  while (rows.step()) {
    Closed closed{read_segment(rows), KnownIds::of(rows.text(11), rows.text(12), rows.blob(13)),
                  rows.integer(10) != 0};
    highest_id_ = std::max(highest_id_, closed.ids.highest());
    closed_.emplace(closed.segment.first_index, std::move(closed));
  }
  committed_ = closed_.size();
}

void Segments::close(std::int64_t first_index, std::int64_t segment_bytes, const ledger::Digest& root) {
  Segment segment = measure(db_, first_index);
  segment.bytes = segment_bytes;
  segment.root = root;
  KnownIds ids = ids_in(db_, segment.rows);
  db_.prepare("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?)")
      .run(first_index, segment.rows, segment.bytes, segment.first_offset, segment.last_offset,
           segment.earliest_ms, segment.latest_ms, Statement::blob_of(ledger::as_bytes(root)), ids.lowest(),
           ids.highest(), Statement::blob_of(ids.bits()));
  db_.exec(fmt::format("ALTER TABLE record RENAME TO {}", closed_record_table(first_index)));
  highest_id_ = std::max(highest_id_, ids.highest());
  closed_.emplace(first_index, Closed{std::move(segment), std::move(ids), false});
}

std::int64_t Segments::earlier_rows_of(std::string_view source, std::string_view event_id) {
  std::int64_t out = pruned_.rows_of(source, event_id);
  if (event_id > highest_id_) return out;
  for (const auto& [first_index, closed] : closed_)
    if (closed.ids.may_hold(source, event_id)) out = std::max(out, rows_in(closed, source, event_id));
  return out;
}

// The rows of an event are numbered through all segments, so the highest number says how many there are.
std::int64_t Segments::rows_in(const Closed& closed, std::string_view source, std::string_view event_id) {
  const std::int64_t first_index = closed.segment.first_index;
  sqlite::Database& db = closed.sealed ? file_of(first_index) : db_;
  auto count = db.prepare(fmt::format("SELECT max(duplicate) + 1 FROM {} WHERE event_id = ? AND source = ?",
                                      closed.sealed ? "record" : closed_record_table(first_index)));
  count.bind(event_id, source).step();
  return count.integer(0);
}

sqlite::Database& Segments::file_of(std::int64_t first_index) {
  const auto known = files_.find(first_index);
  if (known != files_.end()) return *known->second;
  if (files_.size() == options_.open_files_max) files_.clear();
  auto db = std::make_unique<sqlite::Database>(
      sqlite::Database::open_or_throw(sealed_path(db_.path(), first_index), sqlite::OpenMode::immutable));
  return *files_.emplace(first_index, std::move(db)).first->second;
}

void Segments::flush() {
  if (sealing_) {
    auto outcome = sealer_->take_outcome();
    if (outcome) {
      Closed& closed = closed_.at(*std::exchange(sealing_, std::nullopt));
      if (*outcome) {
        drop(closed, **outcome);
      } else {
        log_error("segment {} of {}/{} is not sealed, and tried again: {}", closed.segment.first_index,
                  closed.segment.topic, closed.segment.partition, outcome->error().message);
        retry_at_ = std::chrono::steady_clock::now() + options_.seal_retry;
      }
    }
  }
  if (options_.orders)
    if (const auto order = options_.orders->take(db_.path())) prune(*order);
  begin_next();
  committed_ = closed_.size();
}

// The oldest one or none: an order may have waited while the store became another one.
void Segments::prune(const keep::PruneOrder& order) {
  const auto oldest = closed_.begin();
  if (oldest == closed_.end() || !oldest->second.sealed || committed_ == 0 ||
      oldest->second.segment.first_index != order.segment.first_index ||
      oldest->second.segment.root != order.segment.root)
    return;
  pruned_.take(order);
  files_.erase(order.segment.first_index);
  closed_.erase(oldest);
  --committed_;
}

bool Segments::has_chores() {
  if (options_.orders && options_.orders->has(db_.path())) return true;
  return sealing_ ? sealer_->finished() : next_to_seal() != closed_.end();
}

// Of those only that earlier transactions have closed: the thread cannot see what is not committed.
std::map<std::int64_t, Segments::Closed>::iterator Segments::next_to_seal() {
  const auto end = std::next(closed_.begin(), static_cast<std::ptrdiff_t>(committed_));
  const auto next = std::find_if(closed_.begin(), end, [](const auto& each) { return !each.second.sealed; });
  return next == end || std::chrono::steady_clock::now() < retry_at_ ? closed_.end() : next;
}

void Segments::begin_next() {
  if (sealing_) return;
  const auto next = next_to_seal();
  if (next == closed_.end()) return;
  sealing_ = next->first;
  sealer_->begin(next->second.segment);
}

void Segments::drop(Closed& closed, const ledger::Digest& file_sha256) {
  const std::int64_t first_index = closed.segment.first_index;
  db_.prepare("UPDATE segment SET file_sha256 = ? WHERE first_index = ?")
      .run(Statement::blob_of(ledger::as_bytes(file_sha256)), first_index);
  db_.exec(fmt::format("DROP TABLE {}", closed_record_table(first_index)));
  closed.sealed = true;
}

std::vector<Closed> closed_segments(sqlite::Database& db) {
  std::vector<Closed> out;
  auto rows = db.prepare(select_segments(""));
  while (rows.step()) out.push_back({read_segment(rows), rows.integer(10) != 0});
  return out;
}

}  // namespace godwit::audit
