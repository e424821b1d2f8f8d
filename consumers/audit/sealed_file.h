// A sealed segment: a file of its own beside the partition's, named by its first index, read-only, with every
// index a question may want; and its manifest, the same facts as JSON for whoever has only the files.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/sqlite/database.h"
#include "consumers/audit/ledger/hash.h"

namespace godwit::audit {

// What is known of a closed segment. Its records have the indexes [first_index, first_index + rows).
struct Segment {
  std::string topic = {};
  std::int32_t partition = 0;
  std::int64_t first_index = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;  // of keys and values
  std::int64_t first_offset = 0, last_offset = 0;
  std::int64_t earliest_ms = 0, latest_ms = 0;  // of event_ms
  ledger::Digest root = {};                     // of the tree of all records up to its last
};

// "000000131072.db" and "000000131072.json".
std::string sealed_file_name(std::int64_t first_index);
std::string manifest_name(std::int64_t first_index);
// Of the segment of that partition's file.
std::string sealed_path(const std::string& partition_file, std::int64_t first_index);
bool is_sealed_file(std::string_view file_name);
// `redacted`: the indexes of records whose values were taken out.
std::string manifest_json(const Segment& segment, const ledger::Digest& file_sha256,
                          const std::vector<std::int64_t>& redacted = {});
// Those of a table of records.
std::vector<std::int64_t> redacted_in(sqlite::Database& db, const std::string& table);

// Copies the closed segment out of `partition_file` into a file in `folder`, which is made if need be, and
// syncs it before it has its name. Anything of that name before is replaced. Takes about a second; runs
// beside the writer of the partition's file, on a connection of its own. `transient` when it cannot be done
// now, or when stopped. The SHA-256 of the file.
Result<ledger::Digest> seal(const Segment& segment, const std::string& partition_file,
                            const std::string& folder, const std::stop_token& stop);

// Makes the draft of a sealed file, complete and closed, the segment's file in `folder`, with its manifest.
Result<ledger::Digest> place_sealed(const Segment& segment, const std::string& draft,
                                    const std::string& folder);
// The draft: `attached` names the file whose `table` has the records.
void write_draft(const Segment& segment, const std::string& attached, const std::string& table,
                 const std::string& draft, const std::stop_token& stop);

// SHA-256 of a file as it is.
Result<ledger::Digest> sha256_of_file(const std::string& path);

}  // namespace godwit::audit
