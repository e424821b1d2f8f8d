#include "consumers/audit/verify/segment_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace godwit::audit::verify {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t filtered_rows_max = 10'000'000;  // what a row claims is not believed beyond this

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

std::vector<StoredSegment> stored_segments(sqlite::Database& db) {
  std::vector<StoredSegment> out;
  auto row = db.prepare("SELECT file_sha256, lowest_id, highest_id, ids FROM segment WHERE first_index = ?");
  for (Closed& closed : closed_segments(db)) {
    StoredSegment segment{.segment = std::move(closed.segment), .file_sha256 = {}, .ids = {}};
    row.bind(segment.segment.first_index);
    if (row.step()) {
      // One that is no hash is of no file.
      if (closed.sealed) segment.file_sha256 = ledger::digest_from(row.blob(0)).value_or(ledger::Digest{});
      segment.ids = KnownIds::of(row.text(1), row.text(2), row.blob(3));
    }
    row.reset();
    out.push_back(std::move(segment));
  }
  return out;
}

Measure::Measure(std::int64_t rows)
    : ids_(static_cast<std::size_t>(std::clamp<std::int64_t>(rows, 0, filtered_rows_max))) {}

void Measure::add(const sqlite::Statement& row, const CheckedRecord& record) {
  const std::int64_t offset = row.integer(RecordCheck::offset_column);
  if (measured_.rows++ == 0) {
    measured_.first_index = row.integer(RecordCheck::id_column);
    measured_.first_offset = offset;
    measured_.earliest_ms = measured_.latest_ms = record.event_ms;
  }
  measured_.last_offset = offset;
  measured_.bytes += record.bytes;
  measured_.earliest_ms = std::min(measured_.earliest_ms, record.event_ms);
  measured_.latest_ms = std::max(measured_.latest_ms, record.event_ms);
  if (record.is_event) ids_.add(row.text(RecordCheck::source_column), row.text(RecordCheck::event_id_column));
}

void Measure::compare(const StoredSegment& stored, PartitionReport& report) const {
  std::string different;
  const auto same = [&](const char* name, bool equal) {
    if (!equal) different += different.empty() ? name : fmt::format(", {}", name);
  };
  const Segment& said = stored.segment;
  same("rows", said.rows == measured_.rows);
  same("bytes", said.bytes == measured_.bytes);
  same("first_offset", said.first_offset == measured_.first_offset);
  same("last_offset", said.last_offset == measured_.last_offset);
  same("earliest_ms", said.earliest_ms == measured_.earliest_ms);
  same("latest_ms", said.latest_ms == measured_.latest_ms);
  same("lowest_id", stored.ids.lowest() == ids_.lowest());
  same("highest_id", stored.ids.highest() == ids_.highest());
  same("ids", stored.ids.bits() == ids_.bits());
  if (!different.empty())
    report.at_index(stored.first(),
                    fmt::format("its segment's row is not what its records say: {}", different));
}

bool check_file(const std::string& path, const StoredSegment& stored,
                const std::vector<std::int64_t>& redacted, PartitionReport& report) {
  const fs::path file{path};
  const fs::path manifest = file.parent_path() / manifest_name(stored.segment.first_index);
  const auto text = read_file(manifest);
  if (!text) {
    report.at_index(stored.first(), fmt::format("its segment's manifest {} is missing", manifest.string()));
  } else if (*text != manifest_json(stored.segment, *stored.file_sha256, redacted)) {
    report.at_index(stored.first(),
                    fmt::format("its segment's manifest {} is not what was written", manifest.string()));
  }
  if (!fs::exists(file)) {
    report.at_index(stored.first(), fmt::format("its segment's file {} is missing: the records [{}, {})",
                                                path, stored.first(), stored.end()));
    return false;
  }
  const auto sha256 = sha256_of_file(path);
  if (!sha256) {
    report.at_index(stored.first(), sha256.error().message);
  } else if (*sha256 != *stored.file_sha256) {
    report.at_index(stored.first(),
                    fmt::format("its segment's file {} is not the one that was sealed (SHA-256)", path));
  }
  return true;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{folder, error}) out.push_back(entry.path().filename());
  std::sort(out.begin(), out.end());
  return out;
}

void check_names(const std::vector<std::string>& names, const std::vector<StoredSegment>& segments,
                 const std::vector<keep::Pruned>& pruned, PartitionReport& report) {
  std::set<std::string> known;
  const auto add = [&known](std::int64_t first_index) {
    for (const std::string& name : {sealed_file_name(first_index), manifest_name(first_index)}) {
      known.insert(name);
      known.insert(name + ".part");  // what a crash may leave of it
    }
  };
  for (const StoredSegment& each : segments) add(each.segment.first_index);
  for (const keep::Pruned& each : pruned) add(each.segment.first_index);
  for (const std::string& name : names)
    if (!known.contains(name))
      report.on_the_whole(fmt::format("{} lies among its segments, and is of none of them", name));
}

}  // namespace godwit::audit::verify
