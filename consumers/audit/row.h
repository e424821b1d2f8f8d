// Row: one record of the log as the audit keeps it, byte for byte, and what was found out about it on
// arrival.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/event/codec.h"
#include "common/projection/store.h"
#include "common/stream/record.h"
#include "consumers/audit/ledger/headers.h"
#include "consumers/audit/ledger/leaf.h"
#include "consumers/audit/projection.h"

namespace godwit::audit {

using ledger::pack_headers;
using ledger::unpack_headers;

Unreadable unreadable(const stream::Record& record, const event::Refusal& refusal);

// What is known of a record whose value was taken out.
struct Redacted {
  ledger::ValueDigest value = {};
  std::string event_type = {};
  Timestamp timestamp = {};
  bool success = true;
};

struct Row {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t id = 0;  // dense within the file, from its first record
  std::int64_t offset = 0;
  std::int64_t record_ms = 0;  // Kafka's time of the record
  std::string event_id;
  std::optional<std::string> source;      // none for a record that is no event
  bool duplicate = false;                 // an earlier row of the file has this source and id
  std::optional<event::Refusal> refusal;  // why it is no event
  std::optional<std::string> key, value;
  std::string headers;  // as pack_headers() writes them
  std::optional<Redacted> redacted = {};

  // The record again; views this row. nullopt when its headers are damaged.
  std::optional<stream::Record> record() const;
};

// What its leaf holds; views the row.
ledger::Leaf leaf_of(const Row& row, ledger::Hasher& hasher);

// What the API says of a row: the record is read again, so the entry always follows from the bytes kept.
// `invalid` when that gives something else than on arrival: the row has been damaged.
Result<AuditEntry> entry_of(const Row& row);
// What to throw when it does, naming file and row.
projection::StoreUnavailable damaged(std::string_view file, const Row& row, const Error& error);

}  // namespace godwit::audit
