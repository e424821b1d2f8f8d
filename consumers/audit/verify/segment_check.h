// What is stored of a closed segment beside its records: its row, its file, the manifest, and the names in
// the folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/sqlite/database.h"
#include "consumers/audit/keep/pruned_table.h"
#include "consumers/audit/known_ids.h"
#include "consumers/audit/segments.h"
#include "consumers/audit/verify/finding.h"
#include "consumers/audit/verify/record_check.h"

namespace godwit::audit::verify {

struct StoredSegment {
  Segment segment;
  std::optional<ledger::Digest> file_sha256;  // none: its records are still in the partition's file
  KnownIds ids;

  std::uint64_t first() const { return static_cast<std::uint64_t>(segment.first_index); }
  std::uint64_t end() const { return static_cast<std::uint64_t>(segment.first_index + segment.rows); }
};
// Oldest first. StoreFailure passes through.
std::vector<StoredSegment> stored_segments(sqlite::Database& db);

// The facts of a table, from its records.
class Measure {
 public:
  // `rows` as far as it is known, for the filter of ids.
  explicit Measure(std::int64_t rows = 0);

  void add(const sqlite::Statement& row, const CheckedRecord& record);
  std::int64_t bytes() const { return measured_.bytes; }
  // A finding names what the segment's row says otherwise.
  void compare(const StoredSegment& stored, PartitionReport& report) const;

 private:
  Segment measured_;
  KnownIds ids_;
};

// The SHA-256 of the segment's file and its manifest. False when the file is not there at all.
// `redacted`: the indexes of its records that are on record as redacted.
bool check_file(const std::string& path, const StoredSegment& stored,
                const std::vector<std::int64_t>& redacted, PartitionReport& report);

std::vector<std::string> names_in(const std::string& folder);
// Files of segments the partition does not have. `names` were read before `segments`: of a segment that is
// being sealed meanwhile the row comes first.
// Those of pruned segments may still be there.
void check_names(const std::vector<std::string>& names, const std::vector<StoredSegment>& segments,
                 const std::vector<keep::Pruned>& pruned, PartitionReport& report);

}  // namespace godwit::audit::verify
