#include "consumers/audit/record_table.h"

#include <fmt/format.h>

namespace godwit::audit {
namespace {

// Small columns come first and the bytes last, so that a filter reads no bytes. `event_ms` orders answers:
// the event's time, or the record's when it is no event.
constexpr std::string_view columns = R"(
  id INTEGER PRIMARY KEY,        -- index of its leaf: dense, where offsets have holes
  log_offset INTEGER NOT NULL,
  record_ms INTEGER NOT NULL,    -- Kafka's time of the record
  event_ms INTEGER NOT NULL,
  event_type TEXT NOT NULL,
  success INTEGER NOT NULL,
  duplicate INTEGER NOT NULL,    -- how many earlier rows have this source and event_id
  event_id TEXT NOT NULL,        -- topic:partition:offset when it is no event
  source TEXT, task_id TEXT, vm_name TEXT, provider TEXT, user TEXT, ip_address TEXT,
  stage TEXT, plan_id TEXT,
  refusal_kind TEXT, refusal_pointer TEXT, refusal_detail TEXT,  -- why it is no event
  leaf BLOB NOT NULL,            -- its leaf's hash
  value_digest BLOB,             -- u32 size and SHA-256 of a value that was redacted
  headers BLOB NOT NULL,         -- packed, exact
  key BLOB, value BLOB)";  // as they came

// An insert refuses a gap, a record out of order, and a second row with an id (INSERT OR REPLACE passes the
// other two). It raises FAIL, and insert_record() says INSERT OR FAIL, because ABORT would have SQLite copy
// each page that an INSERT touches in case it must be undone: that costs half as much as the INSERT itself.
constexpr std::string_view open_table = R"(
CREATE TABLE record ({0}) STRICT;
CREATE INDEX record_by_time_{1} ON record(event_ms);
CREATE UNIQUE INDEX record_by_event_{1} ON record(event_id, source, duplicate);
CREATE INDEX record_by_task_{1} ON record(task_id, event_ms) WHERE task_id IS NOT NULL;
CREATE TRIGGER record_no_update_{1} BEFORE UPDATE ON record
BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER record_no_delete_{1} BEFORE DELETE ON record
BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
CREATE TRIGGER record_appended_{1} BEFORE INSERT ON record
WHEN NOT coalesce(
  (SELECT id + 1 IS NEW.id AND log_offset < NEW.log_offset FROM record ORDER BY id DESC LIMIT 1),
  (SELECT segment_first IS NEW.id FROM tree), 0)
BEGIN SELECT RAISE(FAIL, 'audit rows are appended one by one, in the order of the log'); END;
)";

}  // namespace

std::string open_record_table(std::int64_t first_index) {
  return fmt::format(open_table, columns, first_index);
}

std::string closed_record_table(std::int64_t first_index) { return fmt::format("record_{}", first_index); }

std::string open_index(std::string_view by, std::int64_t first_index) {
  return fmt::format("record_by_{}_{}", by, first_index);
}

std::string sealed_record_table() { return fmt::format("CREATE TABLE record ({}) STRICT;", columns); }

// Those by a name hold what else a question may ask for, so that a row is touched only when it is an answer.
std::string sealed_indexes() {
  std::string out =
      "CREATE INDEX record_by_time ON record(event_ms);"
      "CREATE UNIQUE INDEX record_by_event ON record(event_id, source, duplicate);"
      "CREATE INDEX record_by_failure ON record(event_ms, event_type, provider, user) WHERE success = 0;";
  const std::string more = "event_ms, provider, user, event_type, success";
  out += fmt::format("CREATE INDEX record_by_event_type ON record(event_type, {});", more);
  for (const std::string_view column : {"provider", "user"})
    out += fmt::format("CREATE INDEX record_by_{0} ON record({0}, {1}) WHERE {0} IS NOT NULL;", column, more);
  for (const auto& [name, column] :
       {std::pair{"task", "task_id"}, std::pair{"vm", "vm_name"}, std::pair{"stage", "stage"},
        std::pair{"plan", "plan_id"}, std::pair{"ip", "ip_address"}})
    out += fmt::format(
        "CREATE INDEX record_by_{} ON record({}, event_ms, event_type, success) WHERE {} IS NOT NULL;", name,
        column, column);
  return out;
}

std::string insert_record() {
  return "INSERT OR FAIL INTO record(id, log_offset, record_ms, event_ms, event_type, success, duplicate, "
         "event_id, source, task_id, vm_name, provider, user, ip_address, stage, plan_id, refusal_kind, "
         "refusal_pointer, refusal_detail, leaf, value_digest, headers, key, value) "
         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
         "ON CONFLICT(event_id, source, duplicate) DO NOTHING";
}

std::string row_columns() {
  return "topic, partition, id, log_offset, record_ms, event_id, source, duplicate, refusal_kind, "
         "refusal_pointer, refusal_detail, headers, key, value, value_digest, event_type, event_ms, success";
}

Row read_row(const sqlite::Statement& rows) {
  const auto maybe_blob = [&](int column) {
    return rows.is_null(column) ? std::nullopt : std::optional<std::string>{rows.blob(column)};
  };
  Row row;
  row.topic = rows.text(0);
  row.partition = static_cast<std::int32_t>(rows.integer(1));
  row.id = rows.integer(2);
  row.offset = rows.integer(3);
  row.record_ms = rows.integer(4);
  row.event_id = rows.text(5);
  row.source = rows.maybe_text(6);
  row.duplicate = rows.integer(7) != 0;
  if (!rows.is_null(8))
    row.refusal =
        event::Refusal{std::string{rows.text(8)}, std::string{rows.text(9)}, std::string{rows.text(10)}};
  row.headers = rows.blob(11);
  row.key = maybe_blob(12);
  row.value = maybe_blob(13);
  if (!rows.is_null(14))
    row.redacted = Redacted{.value = ledger::value_digest_from(rows.blob(14)).value_or(ledger::ValueDigest{}),
                            .event_type = std::string{rows.text(15)},
                            .timestamp = from_unix_ms(rows.integer(16)),
                            .success = rows.integer(17) != 0};
  return row;
}

}  // namespace godwit::audit
