#include "consumers/audit/signed_heads.h"

#include "common/base/check.h"

namespace godwit::audit {
namespace {

using sqlite::Statement;

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS signed (
  origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, frontier BLOB NOT NULL,
  published INTEGER NOT NULL,
  PRIMARY KEY (origin, size)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS signed_unpublished ON signed(origin, size) WHERE published = 0;
CREATE TRIGGER IF NOT EXISTS signed_no_delete BEFORE DELETE ON signed
BEGIN SELECT RAISE(ABORT, 'what was signed is never forgotten'); END;
)";

constexpr std::string_view columns = "size, root, note, frontier";

SignedHead read_head(const Statement& row, const std::string& path) {
  const auto root = ledger::digest_from(row.blob(1));
  auto frontier = ledger::Frontier::parse(row.blob(3));
  if (!root || !frontier) throw projection::StoreUnavailable{path + ": what was signed is damaged", true};
  return {
      {static_cast<std::uint64_t>(row.integer(0)), *root}, std::string{row.text(2)}, std::move(*frontier)};
}

}  // namespace

std::vector<KeptHead> kept_heads(sqlite::Database& db) {
  std::vector<KeptHead> out;
  auto rows = db.prepare(fmt::format("SELECT {}, origin FROM signed ORDER BY origin, size", columns));
  while (rows.step())
    out.push_back({.origin = std::string{rows.text(4)},
                   .size = static_cast<std::uint64_t>(rows.integer(0)),
                   .root = std::string{rows.blob(1)},
                   .note = std::string{rows.text(2)},
                   .frontier = std::string{rows.blob(3)}});
  return out;
}

Result<SignedHeads> SignedHeads::open(const std::string& path) {
  auto db = sqlite::Database::open(path, sqlite::OpenMode::read_write);
  if (!db) return db.error();
  try {
    db->exec(schema);
  } catch (const sqlite::StoreFailure& failure) {
    return transient_error(failure.what());
  }
  return SignedHeads{std::move(*db)};
}

std::optional<SignedHead> SignedHeads::latest(const std::string& origin) {
  auto row =
      db_.prepare(fmt::format("SELECT {} FROM signed WHERE origin = ? ORDER BY size DESC LIMIT 1", columns));
  if (!row.bind(origin).step()) return std::nullopt;
  return read_head(row, db_.path());
}

std::optional<SignedHead> SignedHeads::covering(const std::string& origin, std::uint64_t size) {
  auto row = db_.prepare(
      fmt::format("SELECT {} FROM signed WHERE origin = ? AND size >= ? ORDER BY size LIMIT 1", columns));
  if (!row.bind(origin, static_cast<std::int64_t>(size)).step()) return std::nullopt;
  return read_head(row, db_.path());
}

bool SignedHeads::add(const std::string& origin, std::optional<std::uint64_t> expected,
                      const SignedHead& head) {
  sqlite::Transaction transaction{db_};
  const auto now = latest(origin);
  if (now.has_value() != expected.has_value() || (now && now->head.size != *expected)) return false;
  GODWIT_CHECK(!now || head.head.size > now->head.size, "{}: a tree of {} leaves after one of {}", origin,
               head.head.size, now->head.size);
  const std::string frontier = head.frontier.bytes();
  db_.prepare("INSERT INTO signed VALUES (?, ?, ?, ?, ?, 0)")
      .run(origin, static_cast<std::int64_t>(head.head.size),
           Statement::blob_of(ledger::as_bytes(head.head.root)), head.note, Statement::blob_of(frontier));
  transaction.commit();
  return true;
}

std::vector<SignedHeads::Unpublished> SignedHeads::unpublished(std::int64_t heads_max) {
  std::vector<Unpublished> out;
  auto rows = db_.prepare(fmt::format(
      "SELECT {}, origin FROM signed WHERE published = 0 ORDER BY origin, size LIMIT ?", columns));
  rows.bind(heads_max);
  while (rows.step()) out.push_back({std::string{rows.text(4)}, read_head(rows, db_.path())});
  return out;
}

void SignedHeads::mark_published(const std::string& origin, std::uint64_t size) {
  db_.prepare("UPDATE signed SET published = 1 WHERE origin = ? AND size = ?")
      .run(origin, static_cast<std::int64_t>(size));
}

}  // namespace godwit::audit
