#include "consumers/audit/verify/partition_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/sqlite/partition_directory.h"
#include "consumers/audit/keep/archive.h"
#include "consumers/audit/keep/pruned_table.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/ledger/note.h"
#include "consumers/audit/record_table.h"
#include "consumers/audit/verify/record_check.h"
#include "consumers/audit/verify/segment_check.h"
#include "consumers/audit/verify/tree_check.h"

namespace godwit::audit::verify {
namespace {

// Where a segment is unpacked to.
class TemporaryFile {
 public:
  TemporaryFile() {
    std::string folder = (std::filesystem::temp_directory_path() / "godwit-verify-XXXXXX").string();
    if (mkdtemp(folder.data()) != nullptr) folder_ = folder;
  }
  ~TemporaryFile() {
    std::error_code error;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, error);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string path() const { return folder_ + "/segment.db"; }

 private:
  std::string folder_;
};

bool is_signed(const std::string& note, const std::string& text,
               const std::vector<ledger::VerifierKey>& keys) {
  if (keys.empty()) return true;
  const auto opened = ledger::open_note(note, keys);
  return opened && opened->text == text;
}

// Those of this partition that the key has signed.
std::map<std::int64_t, ledger::Digest> redacted_of(const ledger::Origin& origin, const Evidence& evidence,
                                                   PartitionReport& report) {
  std::map<std::int64_t, ledger::Digest> out;
  for (const keep::Redaction& each : evidence.redactions) {
    if (each.origin != origin) continue;
    if (!is_signed(each.note, each.statement(), evidence.keys)) {
      report.at_index(static_cast<std::uint64_t>(each.index), "its redaction is not signed by the key");
      continue;
    }
    out.emplace(each.index, each.leaf);
  }
  return out;
}

class PartitionCheck {
 public:
  PartitionCheck(sqlite::Database& db, const ledger::Origin& origin, const Evidence& evidence,
                 PartitionReport& report)
      : db_(db),
        origin_(origin),
        evidence_(evidence),
        report_(report),
        redacted_(redacted_of(origin, evidence, report)),
        records_(origin.topic, origin.partition, redacted_, report),
        tree_(db, evidence.claims.of(origin.text()), report) {}

  void run() {
    const auto pruned = keep::pruned_segments(db_);
    take_pruned(pruned);
    take_segments(stored_segments(db_), true);
    const auto names = names_in(sqlite::companion_of(db_.path()));
    db_.exec("BEGIN");
    const auto segments = stored_segments(db_);
    check_names(names, segments, pruned, report_);
    take_segments(segments, false);
    take_open();
    tree_.finish();
    check_tree_row();
    check_position();
    check_pages();
    db_.exec("COMMIT");
    report_.size = next_;
    report_.root = tree_.root();
  }

 private:
  void take_pruned(const std::vector<keep::Pruned>& pruned);
  void take_archived(const keep::Pruned& pruned);
  void take_segments(const std::vector<StoredSegment>& segments, bool sealed_only);
  void take_segment(const StoredSegment& segment);
  void take_open();
  // The rows of a table, whichever database it is in.
  void take_table(sqlite::Database& db, const std::string& table, Measure& measure);
  void take_row(const sqlite::Statement& row, Measure& measure);
  void missing_until(std::uint64_t end);
  void check_file_origin(sqlite::Database& file, std::uint64_t first);
  void check_tree_row();
  void check_position();
  void check_pages();

  sqlite::Database& db_;
  const ledger::Origin origin_;
  const Evidence& evidence_;
  PartitionReport& report_;
  const std::map<std::int64_t, ledger::Digest> redacted_;  // leaves by index
  RecordCheck records_;
  TreeCheck tree_;
  std::set<std::uint64_t> segments_taken_;  // by first index
  std::optional<keep::PrunedTable> pruned_table_;
  std::uint64_t next_ = 0;  // index of the next record
  std::optional<std::int64_t> last_offset_;
  std::uint64_t open_first_ = 0;
  std::int64_t open_bytes_ = 0;
};

// The records are in the archive, or only their hashes are left; what was signed of larger trees holds those.
void PartitionCheck::take_pruned(const std::vector<keep::Pruned>& pruned) {
  if (pruned.empty()) return;
  for (const keep::Pruned& each : pruned) {
    const Segment& segment = each.segment;
    if (segment.first_index != static_cast<std::int64_t>(report_.pruned))
      report_.at_index(report_.pruned, fmt::format("a pruned segment begins at {} where this record should",
                                                   segment.first_index));
    report_.pruned = static_cast<std::uint64_t>(segment.first_index + segment.rows);
    if (!is_signed(each.note, keep::statement(origin_, segment), evidence_.keys))
      report_.at_index(
          static_cast<std::uint64_t>(segment.first_index),
          fmt::format("the records [{}, {}) are gone, and nobody has signed that they were pruned",
                      segment.first_index, report_.pruned));
  }
  if (!evidence_.archive.empty()) {
    tree_.expect_hashes(report_.pruned);
    for (const keep::Pruned& each : pruned) take_archived(each);
    return;
  }
  tree_.take_hashes(report_.pruned);
  next_ = report_.pruned;
  if (!tree_.broken()) tree_.compare(RootOf::segment, pruned.back().segment.root, "its segment");
  last_offset_ = pruned.back().segment.last_offset;
  pruned_table_.emplace(db_);
  records_.pruned_rows = [this](std::string_view source, std::string_view event_id) {
    return pruned_table_->rows_of(source, event_id);
  };
}

void PartitionCheck::take_archived(const keep::Pruned& pruned) {
  const Segment& segment = pruned.segment;
  const auto first = static_cast<std::uint64_t>(segment.first_index);
  const auto end = first + static_cast<std::uint64_t>(segment.rows);
  const TemporaryFile file;
  const Status restored = keep::restore_segment(evidence_.archive, segment, file.path());
  if (!restored) {
    report_.at_index(first, fmt::format("its segment is not in the archive: {}", restored.error().message));
    return missing_until(end);
  }
  Measure measure{segment.rows};
  try {
    auto db = sqlite::Database::open_or_throw(file.path(), sqlite::OpenMode::immutable);
    check_file_origin(db, first);
    take_table(db, "record", measure);
  } catch (const sqlite::StoreFailure& failure) {
    report_.at_index(first, failure.what());
  }
  missing_until(end);
  tree_.compare(RootOf::segment, segment.root, "its segment");
}

// Those that were not taken yet; with `sealed_only` up to the first that is not sealed.
void PartitionCheck::take_segments(const std::vector<StoredSegment>& segments, bool sealed_only) {
  for (const StoredSegment& segment : segments) {
    if (sealed_only && !segment.file_sha256) return;
    if (segments_taken_.insert(segment.first()).second) take_segment(segment);
  }
}

void PartitionCheck::take_segment(const StoredSegment& stored) {
  if (stored.first() != next_)
    report_.at_index(next_, fmt::format("a segment begins at {} where this record should", stored.first()));
  if (stored.first() > next_) missing_until(stored.first());
  Measure measure{stored.segment.rows};
  if (stored.file_sha256) {
    const std::string path = sealed_path(db_.path(), stored.segment.first_index);
    std::vector<std::int64_t> redacted;
    for (auto each = redacted_.lower_bound(stored.segment.first_index);
         each != redacted_.end() && each->first < static_cast<std::int64_t>(stored.end()); ++each)
      redacted.push_back(each->first);
    if (!check_file(path, stored, redacted, report_)) return missing_until(stored.end());
    try {
      auto file = sqlite::Database::open_or_throw(path, sqlite::OpenMode::immutable);
      check_file_origin(file, stored.first());
      take_table(file, "record", measure);
    } catch (const sqlite::StoreFailure& failure) {
      report_.at_index(stored.first(), failure.what());
    }
  } else {
    take_table(db_, closed_record_table(stored.segment.first_index), measure);
  }
  missing_until(stored.end());
  measure.compare(stored, report_);
  tree_.compare(RootOf::segment, stored.segment.root, "its segment");
}

void PartitionCheck::take_open() {
  open_first_ = next_;
  Measure measure;
  take_table(db_, "record", measure);
  open_bytes_ = measure.bytes();
}

void PartitionCheck::take_table(sqlite::Database& db, const std::string& table, Measure& measure) {
  try {
    auto rows = db.prepare(fmt::format("SELECT {} FROM {} ORDER BY id", RecordCheck::columns(), table));
    while (rows.step()) take_row(rows, measure);
  } catch (const sqlite::StoreFailure& failure) {
    report_.at_index(next_, fmt::format("it cannot be read: {}", failure.what()));
    tree_.break_off();
  }
}

void PartitionCheck::take_row(const sqlite::Statement& row, Measure& measure) {
  const std::int64_t id = row.integer(RecordCheck::id_column);
  const auto index = static_cast<std::uint64_t>(id);
  if (id < 0 || index < next_) {
    report_.at_index(index, fmt::format("it lies where record {} should", next_));
    return;
  }
  missing_until(index);
  const std::int64_t offset = row.integer(RecordCheck::offset_column);
  if (last_offset_ && offset <= *last_offset_)
    report_.at_index(index, fmt::format("its offset {} does not come after {}, that of the record before",
                                        offset, *last_offset_));
  last_offset_ = offset;
  const CheckedRecord record = records_.check(row);
  measure.add(row, record);
  ++next_;
  if (record.leaf) {
    tree_.append(*record.leaf);
  } else {
    tree_.break_off();
  }
}

void PartitionCheck::missing_until(std::uint64_t end) {
  if (end <= next_) return;
  report_.at_index(next_, fmt::format("it is missing: the records [{}, {})", next_, end));
  tree_.break_off();
  next_ = end;
}

void PartitionCheck::check_file_origin(sqlite::Database& file, std::uint64_t first) {
  auto row = file.prepare("SELECT topic, partition FROM origin");
  if (!row.step() || row.text(0) != origin_.topic || row.integer(1) != origin_.partition)
    report_.at_index(first, fmt::format("its segment's file {} is of another partition", file.path()));
}

void PartitionCheck::check_tree_row() {
  auto row = db_.prepare("SELECT size, frontier, segment_first, segment_bytes FROM tree");
  if (!row.step()) return report_.on_the_whole("its tree is not stored");
  const auto stored = ledger::Frontier::parse(row.blob(1));
  if (!stored) return report_.at_size(next_, "its stored frontier is damaged: " + stored.error().message);
  if (row.integer(0) != static_cast<std::int64_t>(stored->size))
    report_.at_size(stored->size, fmt::format("beside its frontier the size {} is stored", row.integer(0)));
  if (stored->size != next_) {
    report_.at_size(stored->size, fmt::format("the stored tree has {} leaves, and there are {} records",
                                              stored->size, next_));
  } else if (!tree_.broken() && *stored != tree_.frontier()) {
    report_.at_size(next_, "its stored frontier is not that of the records");
  }
  if (row.integer(2) != static_cast<std::int64_t>(open_first_))
    report_.at_index(open_first_, fmt::format("the open segment begins with it, and {} is stored for that",
                                              row.integer(2)));
  if (row.integer(3) != open_bytes_)
    report_.at_index(open_first_, fmt::format("the open segment has {} bytes, and {} are stored for that",
                                              open_bytes_, row.integer(3)));
}

void PartitionCheck::check_position() {
  auto row = db_.prepare("SELECT topic, partition, next_offset FROM position");
  bool own = false;
  while (row.step()) {
    if (row.text(0) != origin_.topic || row.integer(1) != origin_.partition) {
      report_.on_the_whole(fmt::format("it has a position in {}/{}", row.text(0), row.integer(1)));
      continue;
    }
    own = true;
    if (last_offset_ && row.integer(2) != *last_offset_ + 1)
      report_.on_the_whole(
          fmt::format("its position in the log is {}, and its last record is that of offset {}",
                      row.integer(2), *last_offset_));
  }
  if (!own && last_offset_) report_.on_the_whole("it has records, and no position in the log");
}

// Indexes that do not agree with their tables give wrong answers about right records. Sealed files have their
// SHA-256 for that.
void PartitionCheck::check_pages() {
  auto check = db_.prepare("PRAGMA integrity_check(1)");
  if (!check.step() || check.text(0) == "ok") return;
  std::string said{check.text(0)};
  std::replace(said.begin(), said.end(), '\n', ' ');
  report_.on_the_whole(fmt::format("the file is not in order: {}", said));
}

// Whose records these are; nullopt for a file that has none yet.
std::optional<ledger::Origin> origin_of(sqlite::Database& db) {
  auto row =
      db.prepare("SELECT (SELECT value FROM meta WHERE name = 'cluster_id'), topic, partition FROM origin");
  if (!row.step()) return std::nullopt;
  return ledger::Origin{std::string{row.text(0)}, std::string{row.text(1)},
                        static_cast<std::int32_t>(row.integer(2))};
}

bool is_empty(sqlite::Database& db) {
  return !db.prepare("SELECT 1 FROM record UNION ALL SELECT 1 FROM segment UNION ALL SELECT 1 FROM position")
              .step();
}

void check_file_of(sqlite::Database& db, const std::string& name, const Evidence& evidence,
                   PartitionReport& report) {
  const auto origin = origin_of(db);
  if (!origin) {
    if (!is_empty(db)) report.on_the_whole("it has records, and does not say of which partition");
    return;
  }
  report.origin = origin->text();
  if (name != fmt::format("{}-{:04}", origin->topic, origin->partition))
    report.on_the_whole(fmt::format("its file is called {}", name));
  PartitionCheck{db, *origin, evidence, report}.run();
}

}  // namespace

// What a running audit prunes while its store is read seems missing: then it is read again.
PartitionReport check_partition(const std::string& path, const std::string& name, const Evidence& evidence) {
  constexpr int tries_max = 3;
  PartitionReport report;
  for (int tries = 0; tries < tries_max; ++tries) {
    report = {.origin = path, .file = path};
    try {
      auto db = sqlite::Database::open_or_throw(path, sqlite::OpenMode::read_only);
      const std::int64_t kept = keep::first_kept(db);
      check_file_of(db, name, evidence, report);
      if (keep::first_kept(db) == kept) break;
    } catch (const sqlite::StoreFailure& failure) {
      report.on_the_whole(fmt::format("it cannot be read: {}", failure.what()));
      break;
    }
  }
  return report;
}

}  // namespace godwit::audit::verify
