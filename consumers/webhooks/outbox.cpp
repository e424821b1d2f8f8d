#include "consumers/webhooks/outbox.h"

#include <algorithm>

namespace godwit::webhooks {
namespace {

constexpr const char* dispatcher_schema = R"(
CREATE TABLE IF NOT EXISTS work (
  seq INTEGER PRIMARY KEY,  -- of the delivery
  endpoint TEXT NOT NULL,
  subject TEXT NOT NULL,
  state INTEGER NOT NULL,   -- 0 due, 1 claimed, 2 exhausted, 3 succeeded
  due_ms INTEGER NOT NULL,
  tries INTEGER NOT NULL,   -- begun so far
  status_code INTEGER,
  error TEXT,
  updated_ms INTEGER NOT NULL,
  again INTEGER);           -- tries made when somebody asked for another; null: nobody has
CREATE INDEX IF NOT EXISTS work_due ON work(endpoint, due_ms) WHERE state = 0;
CREATE INDEX IF NOT EXISTS work_open ON work(endpoint, subject, seq) WHERE state < 2;
CREATE INDEX IF NOT EXISTS work_claimed ON work(seq) WHERE state = 1;
CREATE TABLE IF NOT EXISTS attempt (
  seq INTEGER NOT NULL,
  try_number INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL,
  standing INTEGER,         -- as in outcome; null: nobody knows, the process ended meanwhile
  status_code INTEGER,
  error_code TEXT,
  error TEXT,
  next_try_ms INTEGER,
  answer_head TEXT NOT NULL,
  request_head TEXT NOT NULL,
  published INTEGER NOT NULL,
  PRIMARY KEY (seq, try_number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_unpublished ON attempt(seq, try_number) WHERE published = 0;
CREATE TABLE IF NOT EXISTS taken (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL);
INSERT OR IGNORE INTO taken VALUES (1, 0);
)";

constexpr WorkState state_after(Standing standing) {
  switch (standing) {
    case Standing::trying:
      return WorkState::due;
    case Standing::exhausted:
      return WorkState::exhausted;
    case Standing::succeeded:
      return WorkState::succeeded;
  }
  return WorkState::due;
}

constexpr int stored(WorkState state) { return static_cast<int>(state); }

std::optional<std::int64_t> maybe_ms(const std::optional<Timestamp>& time) {
  return time ? std::optional{to_unix_ms(*time)} : std::nullopt;
}

}  // namespace

std::string Outbox::schema() { return dispatcher_schema; }

Result<std::unique_ptr<Outbox>> Outbox::open(const std::string& path) {
  constexpr int cache_kibibytes = 1024;
  auto db = sqlite::Database::open(path, sqlite::OpenMode::read_write, {.cache_kibibytes = cache_kibibytes});
  if (!db) return db.error();
  try {
    return std::unique_ptr<Outbox>{new Outbox(std::move(*db))};  // NOLINT: private constructor
  } catch (const sqlite::StoreFailure& failure) {
    return transient_error(failure.what());
  }
}

namespace {

constexpr const char* claimable =
    "SELECT w.seq, w.tries + 1, d.id, d.subject, d.vm_name, d.provider, d.body, d.event_ms "
    "FROM work w JOIN delivery d ON d.seq = w.seq WHERE w.endpoint = ? AND w.state = 0 AND w.due_ms <= ? ";
constexpr const char* is_first_of_subject =
    "AND NOT EXISTS (SELECT 1 FROM work e WHERE e.endpoint = w.endpoint AND e.subject = w.subject "
    "AND e.state < 2 AND e.seq < w.seq) ";
constexpr const char* oldest_first = "ORDER BY w.due_ms, w.seq LIMIT ?";

std::string joined(std::initializer_list<const char*> parts) {
  std::string out;
  for (const char* part : parts) out += part;
  return out;
}

}  // namespace

Outbox::Outbox(sqlite::Database db)
    : db_(std::move(db)),
      taken_(db_.prepare("SELECT seq FROM taken")),
      last_(db_.prepare("SELECT COALESCE(MAX(seq), 0) FROM delivery")),
      take_(db_.prepare(
          "INSERT OR IGNORE INTO work(seq, endpoint, subject, state, due_ms, tries, updated_ms) "
          "SELECT d.seq, d.endpoint, d.subject, 0, COALESCE(o.next_try_ms, ?3), COALESCE(o.tries, 0), ?3 "
          "FROM delivery d LEFT JOIN outcome o ON o.delivery_id = d.id "
          "WHERE d.seq > ?1 AND d.seq <= ?2 AND COALESCE(o.standing, 0) = 0")),
      told_of_(db_.prepare("SELECT DISTINCT endpoint FROM delivery WHERE seq > ? AND seq <= ?")),
      move_on_(db_.prepare("UPDATE taken SET seq = ?")),
      due_(db_.prepare("SELECT MIN(due_ms) FROM work WHERE endpoint = ? AND state = 0")),
      due_ordered_(db_.prepare(joined({"SELECT w.due_ms FROM work w WHERE w.endpoint = ? AND w.state = 0 ",
                                       is_first_of_subject, "ORDER BY w.due_ms, w.seq LIMIT 1"}))),
      claimable_(db_.prepare(joined({claimable, oldest_first}))),
      claimable_ordered_(db_.prepare(joined({claimable, is_first_of_subject, oldest_first}))),
      claim_(db_.prepare("UPDATE work SET state = 1, tries = ?2, updated_ms = ?3 WHERE seq = ?1")),
      settle_(db_.prepare("UPDATE work SET state = ?3, due_ms = COALESCE(?4, due_ms), status_code = ?5, "
                          "error = ?6, updated_ms = ?7 "
                          "WHERE seq = ?1 AND tries = ?2 AND state = 1")),
      hold_back_(db_.prepare("UPDATE work SET due_ms = MAX(due_ms, ?4) WHERE endpoint = ?1 AND subject = ?2 "
                             "AND seq > ?3 AND state = 0")),
      record_(db_.prepare("INSERT OR REPLACE INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)")),
      mark_(db_.prepare("UPDATE attempt SET published = 1 WHERE seq = ? AND try_number = ?")),
      retired_(db_.prepare("SELECT 1 FROM meta WHERE name = 'retired'")) {}

void Outbox::carry_over(sqlite::Database& db) {
  db.exec(
      // In the new order where a delivery is new, after all those of the old file.
      "CREATE TEMP TABLE renumbered AS SELECT n.seq AS was, COALESCE(o.seq, n.seq + (SELECT "
      "COALESCE(MAX(seq), "
      "0) FROM old.delivery)) AS becomes FROM main.delivery n LEFT JOIN old.delivery o ON o.id = n.id;"
      "CREATE UNIQUE INDEX temp.renumbered_was ON renumbered(was);"
      "UPDATE main.delivery SET seq = -seq;"
      "UPDATE main.delivery SET seq = (SELECT becomes FROM renumbered WHERE was = -main.delivery.seq);"
      "DROP TABLE renumbered;"
      "INSERT OR REPLACE INTO main.work SELECT * FROM old.work WHERE seq IN (SELECT seq FROM main.delivery);"
      "INSERT OR REPLACE INTO main.attempt SELECT * FROM old.attempt WHERE seq IN (SELECT seq FROM "
      "main.delivery);"
      "UPDATE main.taken SET seq = (SELECT seq FROM old.taken);");
}

// Asked inside a transaction, which holds the lock that a swap needs.
void Outbox::require_current() {
  const bool retired = retired_.bind().step();
  retired_.reset();
  if (retired) throw sqlite::StoreFailure{0, db_.path() + " was replaced by a rebuild"};
}

void Outbox::recover(Timestamp now, const std::set<std::int64_t>& in_flight) {
  sqlite::Transaction transaction{db_};
  require_current();
  auto claimed = db_.prepare("SELECT seq, tries, updated_ms FROM work WHERE state = 1");
  struct Orphan {
    std::int64_t seq, tries, since_ms;
  };
  std::vector<Orphan> orphans;
  while (claimed.step())
    if (!in_flight.contains(claimed.integer(0)))
      orphans.push_back({claimed.integer(0), claimed.integer(1), claimed.integer(2)});
  auto unknown = db_.prepare(
      "INSERT OR IGNORE INTO attempt VALUES (?, ?, ?, 0, NULL, NULL, NULL, NULL, NULL, '', '{}', 1)");
  auto release = db_.prepare("UPDATE work SET state = 0, due_ms = ?2 WHERE seq = ?1");
  for (const Orphan& orphan : orphans) {
    unknown.run(orphan.seq, orphan.tries, orphan.since_ms);
    release.run(orphan.seq, to_unix_ms(now));
  }
  // What another instance did while it owned the partition has been folded meanwhile.
  db_.exec(
      "UPDATE work SET state = o.standing + 1 FROM delivery d JOIN outcome o ON o.delivery_id = d.id "
      "WHERE d.seq = work.seq AND work.state = 0 AND o.standing > 0 "
      "AND (work.again IS NULL OR o.tries > work.again);"
      "UPDATE work SET tries = o.tries, due_ms = COALESCE(o.next_try_ms, due_ms) FROM delivery d JOIN "
      "outcome o "
      "ON o.delivery_id = d.id WHERE d.seq = work.seq AND work.state = 0 AND o.tries > work.tries;");
  transaction.commit();
}

Turned Outbox::turn(const Turn& turn) {
  Turned out;
  sqlite::Transaction transaction{db_};
  require_current();
  for (const Attempt& attempt : turn.finished) {
    finish(attempt);
    out.touched.insert(attempt.endpoint);
  }
  for (const AttemptKey& key : turn.published) mark_.run(key.seq, key.try_number);
  if (turn.take_in) take_in(turn.now, out.touched);
  for (const Room& room : turn.rooms) {
    claim(room, turn.now, out.claimed);
    out.touched.insert(room.endpoint);
  }
  transaction.commit();
  return out;
}

// Nothing but the record when the row was given to another try meanwhile.
void Outbox::finish(const Attempt& attempt) {
  const WorkState state = state_after(attempt.standing);
  settle_.run(attempt.seq, attempt.try_number, stored(state), maybe_ms(attempt.next_try_at),
              attempt.status_code, attempt.error, to_unix_ms(attempt.started_at + attempt.latency));
  record_.run(attempt.seq, attempt.try_number, to_unix_ms(attempt.started_at),
              std::int64_t{attempt.latency.count()}, static_cast<int>(attempt.standing), attempt.status_code,
              attempt.error_code, attempt.error, maybe_ms(attempt.next_try_at), attempt.answer_head,
              attempt.request_head);
  // What has to wait for it waits as long, so that looking for what is due finds little that is not.
  if (attempt.ordered && attempt.next_try_at)
    hold_back_.run(attempt.endpoint, attempt.subject, attempt.seq, to_unix_ms(*attempt.next_try_at));
}

bool Outbox::has_new() {
  taken_.bind().step();
  last_.bind().step();
  const bool more = last_.integer(0) > taken_.integer(0);
  taken_.reset();
  last_.reset();
  return more;
}

void Outbox::take_in(Timestamp now, std::set<std::string>& touched) {
  taken_.bind().step();
  const std::int64_t from = taken_.integer(0);
  taken_.reset();
  last_.bind().step();
  const std::int64_t to = std::min(last_.integer(0), from + static_cast<std::int64_t>(taken_max));
  last_.reset();
  if (to <= from) return;
  take_.run(from, to, to_unix_ms(now));
  told_of_.bind(from, to);
  while (told_of_.step()) touched.insert(std::string{told_of_.text(0)});
  move_on_.run(to);
}

void Outbox::claim(const Room& room, Timestamp now, std::vector<Claimed>& out) {
  const std::size_t before = out.size();
  sqlite::Statement& rows = room.ordered ? claimable_ordered_ : claimable_;
  rows.bind(room.endpoint, to_unix_ms(now), static_cast<std::int64_t>(room.tries_max));
  while (rows.step())
    out.push_back({rows.integer(0), std::string{rows.text(2)}, room.endpoint, std::string{rows.text(3)},
                   std::string{rows.text(4)}, std::string{rows.text(5)}, std::string{rows.text(6)},
                   rows.integer(1), from_unix_ms(rows.integer(7))});
  for (std::size_t i = before; i < out.size(); ++i)
    claim_.run(out[i].seq, out[i].try_number, to_unix_ms(now));
}

std::optional<Timestamp> Outbox::next_due(const std::string& endpoint, bool ordered) {
  sqlite::Statement& row = ordered ? due_ordered_ : due_;
  const auto ms = row.bind(endpoint).step() ? row.maybe_integer(0) : std::nullopt;
  row.reset();
  return ms ? std::optional{from_unix_ms(*ms)} : std::nullopt;
}

std::vector<Attempt> Outbox::unpublished(std::size_t attempts_max) {
  auto rows = db_.prepare(
      "SELECT a.seq, a.try_number, a.started_ms, a.latency_ms, a.standing, a.status_code, a.error_code, "
      "a.error, a.next_try_ms, "
      "d.id, d.endpoint, d.subject, d.vm_name, d.provider FROM attempt a JOIN delivery d ON d.seq = a.seq "
      "WHERE a.published = 0 ORDER BY a.started_ms LIMIT ?");
  rows.bind(static_cast<std::int64_t>(attempts_max));
  std::vector<Attempt> out;
  while (rows.step()) {
    Attempt attempt{.seq = rows.integer(0),
                    .delivery_id = std::string{rows.text(9)},
                    .endpoint = std::string{rows.text(10)},
                    .subject = std::string{rows.text(11)},
                    .vm_name = std::string{rows.text(12)},
                    .provider = std::string{rows.text(13)},
                    .try_number = rows.integer(1),
                    .started_at = from_unix_ms(rows.integer(2)),
                    .latency = Millis{rows.integer(3)},
                    .standing = static_cast<Standing>(rows.integer(4)),
                    .error_code = rows.maybe_text(6),
                    .error = rows.maybe_text(7)};
    if (const auto status = rows.maybe_integer(5)) attempt.status_code = static_cast<int>(*status);
    if (const auto ms = rows.maybe_integer(8)) attempt.next_try_at = from_unix_ms(*ms);
    out.push_back(std::move(attempt));
  }
  return out;
}

}  // namespace godwit::webhooks
