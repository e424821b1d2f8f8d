#include "consumers/audit/tables.h"

#include "common/base/check.h"
#include "common/http/encoding.h"
#include "consumers/audit/keep/redactions.h"
#include "consumers/audit/ledger/headers.h"
#include "consumers/audit/members.h"
#include "consumers/audit/record_table.h"
#include "consumers/audit/row.h"

namespace godwit::audit {
namespace {

std::string redacted_value(std::string_view value) {
  ledger::Hasher hasher;
  return ledger::bytes_of(ledger::digest_value(hasher, value));
}

}  // namespace

// `origin` has one row, written with the first record. The table of the open segment, `record`, is made with
// each segment anew.
std::string Tables::schema() {
  return R"(
PRAGMA recursive_triggers = 1;
CREATE TABLE IF NOT EXISTS origin (
  ordinal INTEGER PRIMARY KEY CHECK (ordinal = 0),
  topic TEXT NOT NULL, partition INTEGER NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS origin_once BEFORE INSERT ON origin WHEN EXISTS (SELECT 1 FROM origin)
BEGIN SELECT RAISE(ABORT, 'an audit file has one origin'); END;
CREATE TRIGGER IF NOT EXISTS origin_no_update BEFORE UPDATE ON origin
BEGIN SELECT RAISE(ABORT, 'the origin is never changed'); END;
CREATE TRIGGER IF NOT EXISTS origin_no_delete BEFORE DELETE ON origin
BEGIN SELECT RAISE(ABORT, 'the origin is never deleted'); END;
)" + TreeTable::schema() +
         Segments::schema();
}

Tables::Tables(sqlite::Database& db, const Audit& audit)
    : db_(db),
      limits_(audit.segments),
      redactions_(audit.redactions),
      tree_(db),
      segments_(db, {.orders = audit.prunings}) {
  if (db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'record'").step()) return;
  sqlite::Transaction transaction{db};
  begin_segment();
  transaction.commit();
}

void Tables::begin_segment() {
  tree_.begin_segment();
  db_.exec(open_record_table(tree_.segment_first()));
}

void Tables::require_origin(const stream::Record& record) {
  if (has_origin_) return;
  auto origin = db_.prepare("SELECT topic, partition FROM origin");
  if (origin.step()) {
    GODWIT_CHECK(origin.text(0) == record.topic && origin.integer(1) == record.partition.value(),
                 "{} gets a record of {}/{}", db_.path(), record.topic, record.partition.value());
  } else {
    db_.prepare("INSERT INTO origin VALUES (0, ?, ?)")
        .run(record.topic, std::int64_t{record.partition.value()});
  }
  has_origin_ = true;
}

std::int64_t Tables::earlier_rows_of(const Terms& terms) {
  if (!count_earlier_)
    count_earlier_ = db_.prepare("SELECT max(duplicate) + 1 FROM record WHERE event_id = ? AND source = ?");
  count_earlier_->bind(terms.event_id, terms.source).step();
  const std::int64_t out = count_earlier_->integer(0);
  count_earlier_->reset();
  return out;
}

void Tables::flush() {
  catch_up();
  tree_.flush();
  segments_.flush();
}

void Tables::discard() {
  stale_ = true;
  has_origin_ = false;
  insert_.reset();
  count_earlier_.reset();
}

void Tables::catch_up() {
  if (!stale_) return;
  tree_.reload();
  segments_.reload();
  stale_ = false;
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
  const std::string headers = ledger::pack_headers(record.headers);
  catch_up();
  require_origin(record);
  const auto id = static_cast<std::int64_t>(tree_.size());
  const ledger::Digest leaf = tree_.append(record);
  const bool redacted =
      redactions_ && redactions_->holds(record.topic, record.partition.value(), record.offset.value(), leaf);
  const auto column = [redacted](const std::optional<std::string_view>& term) {
    return redacted ? std::nullopt : term;
  };
  const auto digest = redacted && record.value ? std::optional{redacted_value(*record.value)} : std::nullopt;
  if (!insert_) insert_ = db_.prepare(insert_record());
  const auto insert = [&](std::int64_t earlier_rows) {
    insert_->run(id, record.offset.value(), to_unix_ms(record.timestamp), to_unix_ms(terms.timestamp),
                 terms.event_type, terms.success, earlier_rows, terms.event_id, terms.source,
                 column(terms.task_id), column(terms.vm_name), column(terms.provider), column(terms.user),
                 column(terms.ip_address), column(terms.stage), column(terms.plan_id), kind, column(pointer),
                 column(detail), Statement::blob_of(ledger::as_bytes(leaf)), blob(digest),
                 Statement::blob_of(headers), blob(record.key), blob(column(record.value)));
    return db_.changes() == 1;
  };
  // Nearly always no earlier row has the id: the index that must be written says so, and need not be asked.
  const std::int64_t in_closed = terms.source ? segments_.earlier_rows_of(*terms.source, terms.event_id) : 0;
  if (!insert(in_closed)) GODWIT_CHECK(insert(earlier_rows_of(terms)), "{}: a row was not taken", db_.path());
  close_if_full();
}

// After the record that fills it, and never elsewhere: every fold of a log has the same segments.
void Tables::close_if_full() {
  const auto rows = static_cast<std::int64_t>(tree_.size()) - tree_.segment_first();
  if (rows < limits_.rows_max && tree_.segment_bytes() < limits_.bytes_max) return;
  insert_.reset();
  count_earlier_.reset();
  segments_.close(tree_.segment_first(), tree_.segment_bytes(), tree_.root());
  begin_segment();
}

}  // namespace godwit::audit
