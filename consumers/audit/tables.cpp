#include "consumers/audit/tables.h"

#include "common/base/check.h"
#include "common/http/encoding.h"
#include "consumers/audit/members.h"

namespace godwit::audit {

// `origin` has one row, written with the first record. Small columns come first and the bytes last, so that a
// filter reads no bytes. `event_ms` orders answers: the event's time, or the record's when it is no event.
std::string Tables::schema() {
  return R"(
PRAGMA recursive_triggers = 1;
CREATE TABLE IF NOT EXISTS origin (
  ordinal INTEGER PRIMARY KEY CHECK (ordinal = 0),
  topic TEXT NOT NULL, partition INTEGER NOT NULL,
  first_index INTEGER NOT NULL) STRICT;  -- id of its first row
CREATE TABLE IF NOT EXISTS record (
  id INTEGER PRIMARY KEY,        -- dense: offsets have holes
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
  headers BLOB NOT NULL,         -- packed, exact
  key BLOB, value BLOB) STRICT;  -- as they came
CREATE INDEX IF NOT EXISTS record_by_time ON record(event_ms);
CREATE UNIQUE INDEX IF NOT EXISTS record_by_event ON record(event_id, source, duplicate);
CREATE INDEX IF NOT EXISTS record_by_task ON record(task_id, event_ms) WHERE task_id IS NOT NULL;

CREATE TRIGGER IF NOT EXISTS record_no_update BEFORE UPDATE ON record
BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER IF NOT EXISTS record_no_delete BEFORE DELETE ON record
BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
-- Refuses a gap, a record out of order, and a second row with an id (INSERT OR REPLACE passes the triggers above).
-- It raises FAIL, and keep() says INSERT OR FAIL, because ABORT would have SQLite copy each page that an INSERT
-- touches in case it must be undone: that costs half as much as the INSERT itself.
CREATE TRIGGER IF NOT EXISTS record_appended BEFORE INSERT ON record
WHEN NOT coalesce(
  (SELECT id + 1 IS NEW.id AND log_offset < NEW.log_offset FROM record ORDER BY id DESC LIMIT 1),
  (SELECT first_index IS NEW.id FROM origin), 0)
BEGIN SELECT RAISE(FAIL, 'audit rows are appended one by one, in the order of the log'); END;
CREATE TRIGGER IF NOT EXISTS origin_once BEFORE INSERT ON origin WHEN EXISTS (SELECT 1 FROM origin)
BEGIN SELECT RAISE(ABORT, 'an audit file has one origin'); END;
CREATE TRIGGER IF NOT EXISTS origin_no_update BEFORE UPDATE ON origin
BEGIN SELECT RAISE(ABORT, 'the origin is never changed'); END;
CREATE TRIGGER IF NOT EXISTS origin_no_delete BEFORE DELETE ON origin
BEGIN SELECT RAISE(ABORT, 'the origin is never deleted'); END;
)";
}

Tables::Tables(sqlite::Database& db)
    : db_(db),
      next_(db.prepare(
          "SELECT coalesce((SELECT max(id) + 1 FROM record), first_index), topic, partition FROM origin")),
      count_earlier_(db.prepare("SELECT max(duplicate) + 1 FROM record WHERE event_id = ? AND source = ?")),
      insert_(
          db.prepare("INSERT OR FAIL INTO record(id, log_offset, record_ms, event_ms, event_type, success, "
                     "duplicate, event_id, source, task_id, vm_name, provider, user, ip_address, "
                     "stage, plan_id, refusal_kind, refusal_pointer, refusal_detail, headers, key, value) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                     "ON CONFLICT(event_id, source, duplicate) DO NOTHING")) {}

std::int64_t Tables::next_id(const stream::Record& record) {
  if (next_id_) return *next_id_;
  if (!next_.bind().step()) {
    db_.prepare("INSERT INTO origin VALUES (0, ?, ?, 0)")
        .run(record.topic, std::int64_t{record.partition.value()});
    next_.bind().step();
  }
  GODWIT_CHECK(next_.text(1) == record.topic && next_.integer(2) == record.partition.value(),
               "{} gets a record of {}/{}", db_.path(), record.topic, record.partition.value());
  next_id_ = next_.integer(0);
  next_.reset();
  return *next_id_;
}

std::int64_t Tables::earlier_rows_of(const Terms& terms) {
  count_earlier_.bind(terms.event_id, terms.source).step();
  const std::int64_t out = count_earlier_.integer(0);
  count_earlier_.reset();
  return out;
}

void Tables::keep(const stream::Record& record, const event::Event& event) {
  append(record, terms_of(event), nullptr);
}

void Tables::keep(const stream::Record& record, const event::Refusal& refusal) {
  const Unreadable unread = unreadable(record, refusal);
  append(record, terms_of(unread), &refusal);
}

void Tables::append(const stream::Record& record, const Terms& terms, const event::Refusal* refusal) {
  using sqlite::Statement;
  const auto blob = [](const std::optional<std::string_view>& bytes) {
    return bytes ? std::optional{Statement::blob_of(*bytes)} : std::nullopt;
  };
  const auto part = [&](std::string event::Refusal::*member) {
    return refusal != nullptr ? std::optional{http::printable(refusal->*member)} : std::nullopt;
  };
  const auto kind = part(&event::Refusal::kind);
  const auto pointer = part(&event::Refusal::pointer);
  const auto detail = part(&event::Refusal::detail);
  const std::string headers = pack_headers(record.headers);
  const std::int64_t id = next_id(record);
  const auto insert = [&](std::int64_t earlier_rows) {
    insert_.run(id, record.offset.value(), to_unix_ms(record.timestamp), to_unix_ms(terms.timestamp),
                terms.event_type, terms.success, earlier_rows, terms.event_id, terms.source, terms.task_id,
                terms.vm_name, terms.provider, terms.user, terms.ip_address, terms.stage, terms.plan_id, kind,
                pointer, detail, Statement::blob_of(headers), blob(record.key), blob(record.value));
    return db_.changes() == 1;
  };
  // Nearly always no earlier row has the id: the index that must be written says so, and need not be asked.
  if (!insert(0)) GODWIT_CHECK(insert(earlier_rows_of(terms)), "{}: a row was not taken", db_.path());
  next_id_ = id + 1;
}

std::string row_columns() {
  return "topic, partition, id, log_offset, record_ms, event_id, source, duplicate, refusal_kind, "
         "refusal_pointer, refusal_detail, headers, key, value";
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
  return row;
}

}  // namespace godwit::audit
