// RecordCheck: that a row is what its bytes say. Everything in a row but key, value, headers, offset and
// Kafka's time is derived from those, so it is derived again and compared.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/sqlite/database.h"
#include "consumers/audit/ledger/leaf.h"
#include "consumers/audit/verify/finding.h"
#include "consumers/audit/verify/seen_ids.h"

namespace godwit::audit::verify {

// What the rest of the check needs of a row.
struct CheckedRecord {
  // The one stored, even where the bytes give another (which is a finding): whether the stored one is what
  // was signed is another question. nullopt when there is none.
  std::optional<ledger::Digest> leaf;
  std::int64_t event_ms = 0;
  std::int64_t bytes = 0;  // of key and value
  bool is_event = false;
  bool redacted = false;
};

// Rows of one partition, in index order. Not for several threads.
class RecordCheck {
 public:
  // `report` outlives it and names the origin.
  // `redacted`: by index, the leaf of each record whose value was taken out, as is on record.
  RecordCheck(std::string topic, std::int32_t partition, std::map<std::int64_t, ledger::Digest> redacted,
              PartitionReport& report)
      : topic_(std::move(topic)), partition_(partition), redacted_(std::move(redacted)), report_(report) {}

  // How many rows of an event there were among records that are not here.
  std::function<std::int64_t(std::string_view source, std::string_view event_id)> pruned_rows = {};

  // The columns check() reads, in its order.
  static std::string columns();
  static constexpr int id_column = 0, offset_column = 1, event_id_column = 7, source_column = 8;
  CheckedRecord check(const sqlite::Statement& row);

 private:
  ledger::Digest leaf_of(const sqlite::Statement& row);
  void check_redacted(const sqlite::Statement& row, CheckedRecord& out);
  std::int64_t earlier_rows(std::string_view source, std::string_view event_id);
  bool on_record(const sqlite::Statement& row) const;

  const std::string topic_;
  const std::int32_t partition_;
  const std::map<std::int64_t, ledger::Digest> redacted_;
  PartitionReport& report_;
  ledger::Hasher hasher_;
  ledger::LeafHasher leaf_hasher_{hasher_};
  SeenIds seen_;
};

}  // namespace godwit::audit::verify
