#include "consumers/webhooks/tables.h"

#include "common/projection/life_json.h"
#include "consumers/webhooks/outbox.h"

namespace godwit::webhooks {
namespace {

// `seq` is the order in which deliveries became owed: the dispatcher reads on from where it was.
constexpr const char* folded_schema = R"(
CREATE TABLE IF NOT EXISTS task (task_id TEXT PRIMARY KEY, life TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS delivery (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  endpoint TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  event_source TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  event_ms INTEGER NOT NULL,
  vm_name TEXT NOT NULL,
  provider TEXT NOT NULL,
  body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_newest ON delivery(event_ms, id);
CREATE INDEX IF NOT EXISTS delivery_of_subject ON delivery(subject, event_ms, id);
CREATE TABLE IF NOT EXISTS outcome (
  delivery_id TEXT PRIMARY KEY,
  endpoint TEXT NOT NULL,
  standing INTEGER NOT NULL,  -- 0 trying, 1 exhausted, 2 succeeded
  tries INTEGER NOT NULL,
  status_code INTEGER,
  error TEXT,
  next_try_ms INTEGER,
  at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outcome_count (
  endpoint TEXT NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (endpoint, outcome)) WITHOUT ROWID;
)";

}  // namespace

std::string Tables::schema() { return std::string{folded_schema}.append(Outbox::schema()); }

// An outcome may come before its cause and more than once. The one of the highest (standing, tries) stays,
// which no order of folding changes.
Tables::Tables(sqlite::Database& db)
    : load_(db.prepare("SELECT life FROM task WHERE task_id = ?")),
      save_(db.prepare("INSERT OR REPLACE INTO task VALUES (?, ?)")),
      owe_(db.prepare(
          "INSERT OR IGNORE INTO delivery(id, endpoint, kind, subject, event_source, event_id, event_type, "
          "event_ms, vm_name, provider, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")),
      standing_(db.prepare("SELECT standing FROM outcome WHERE delivery_id = ?")),
      settle_(
          db.prepare("INSERT INTO outcome VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(delivery_id) "
                     "DO UPDATE SET "
                     "standing = ?3, tries = ?4, status_code = ?5, error = ?6, next_try_ms = ?7, at_ms = ?8 "
                     "WHERE (?3, ?4) > (standing, tries)")),
      count_(db.prepare(
          "INSERT INTO outcome_count VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1")) {}

projection::TaskLife Tables::load(const std::string& task_id) {
  if (!load_.bind(task_id).step()) return {};
  rapidjson::Document document;
  const std::string_view text = load_.text(0);
  document.Parse<json::parse_flags>(text.data(), text.size());
  GODWIT_CHECK(!document.HasParseError(), "a stored task is no JSON at byte {}", document.GetErrorOffset());
  load_.reset();
  return projection::read_life(document);
}

void Tables::save(const std::string& task_id, const projection::TaskLife& life, const std::string&) {
  if (life == projection::TaskLife{}) return;  // only outcomes so far
  json::Writer out;
  projection::write_life(out, life);
  const std::string text = out.take();
  save_.run(task_id, text);
}

void Tables::apply(const Webhooks::Outputs& out) {
  for (const Delivery& owed : out.deliveries)
    owe_.run(owed.id, owed.endpoint, to_string(owed.kind), owed.subject, owed.event_source, owed.event_id,
             owed.event_type, to_unix_ms(owed.event_time), owed.vm_name, owed.provider, owed.body);
  if (out.outcome) apply(*out.outcome);
}

void Tables::apply(const Outcome& outcome) {
  const int before = standing_.bind(outcome.delivery_id).step() ? static_cast<int>(standing_.integer(0))
                                                                : stored(Standing::trying);
  standing_.reset();
  const auto next_try_ms =
      outcome.next_try_at ? std::optional{to_unix_ms(*outcome.next_try_at)} : std::nullopt;
  settle_.run(outcome.delivery_id, outcome.endpoint, stored(outcome.standing), outcome.try_number,
              outcome.status_code, outcome.error, next_try_ms, to_unix_ms(outcome.at));
  if (stored(outcome.standing) > before)
    count_.run(outcome.endpoint, outcome.standing == Standing::succeeded ? "succeeded" : "exhausted");
}

}  // namespace godwit::webhooks
