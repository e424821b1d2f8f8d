#include "consumers/audit/keep/own_events.h"

#include <fmt/format.h>

#include "common/base/uuid.h"
#include "common/event/codec.h"
#include "common/stream/event_record.h"

namespace godwit::audit::keep {
namespace {

// A row is kept after it was published: its id is what tells that it was. `running` has a row while a process
// is.
constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS told (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL, published INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS told_owed ON told(number) WHERE published = 0;
CREATE TABLE IF NOT EXISTS watched (origin TEXT PRIMARY KEY, told_until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS name (ordinal INTEGER PRIMARY KEY CHECK (ordinal = 0), name TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS running (ordinal INTEGER PRIMARY KEY CHECK (ordinal = 0)) STRICT;
)";

constexpr std::string_view subject = "godwit-audit";

}  // namespace

Result<OwnEvents> OwnEvents::open(const std::string& path, Timestamp now) {
  auto db = sqlite::Database::open(path, sqlite::OpenMode::read_write);
  if (!db) return db.error();
  try {
    db->exec(schema);
    db->prepare("INSERT OR IGNORE INTO name VALUES (0, ?)").run(make_uuid_v7(now));
    auto row = db->prepare("SELECT name FROM name");
    row.step();
    std::string name{row.text(0)};
    row.reset();
    return OwnEvents{std::move(*db), std::move(name)};
  } catch (const sqlite::StoreFailure& failure) {
    return transient_error(failure.what());
  }
}

event::Event OwnEvents::event_of(const Happening& happening, Timestamp now) const {
  event::Event out;
  out.id = happening.key.empty() ? make_uuid_v7(now) : happening.key;
  out.source = fmt::format("/consumers/godwit-audit/{}", name_);
  out.subject = std::string{subject};
  out.type = happening.type;
  out.type_name = event::full_type(out.type);
  out.time = now;
  out.data.user = out.subject;
  out.data.resource = happening.resource;
  out.data.reason = happening.reason;
  out.data.message = happening.message;
  out.data.root = happening.root;
  out.data.rows = happening.rows;
  for (const auto& [name, json] : happening.more) out.data.other.push_back({name, json});
  return out;
}

bool OwnEvents::tell(const Happening& happening, Timestamp now) {
  const event::Event event = event_of(happening, now);
  db_.prepare("INSERT OR IGNORE INTO told (id, event, published) VALUES (?, ?, 0)")
      .run(event.id, event::encode_structured(event));
  return db_.changes() == 1;
}

Status OwnEvents::publish(stream::Publisher& publisher, Millis timeout) {
  std::vector<std::pair<std::int64_t, std::string>> owed;
  auto rows = db_.prepare("SELECT number, event FROM told WHERE published = 0 ORDER BY number LIMIT ?");
  rows.bind(publish_batch_max);
  while (rows.step()) owed.emplace_back(rows.integer(0), rows.text(1));
  for (const auto& [number, text] : owed) {
    const auto event = event::decode_structured(text);
    if (!event)
      return fatal_error(fmt::format("{}: row {}: {}", db_.path(), number, event.error().message()));
    const auto placed = stream::publish_and_wait(publisher, stream::encode(*event), timeout);
    if (!placed) return placed.error();
    db_.prepare("UPDATE told SET published = 1 WHERE number = ?").run(number);
  }
  return Done{};
}

std::optional<std::int64_t> OwnEvents::told_until(const std::string& origin) {
  auto row = db_.prepare("SELECT told_until FROM watched WHERE origin = ?");
  if (!row.bind(origin).step()) return std::nullopt;
  return row.integer(0);
}

void OwnEvents::set_told_until(const std::string& origin, std::int64_t index) {
  db_.prepare("INSERT OR REPLACE INTO watched VALUES (?, ?)").run(origin, index);
}

bool OwnEvents::begin_run() {
  db_.prepare("INSERT OR IGNORE INTO running VALUES (0)").run();
  return db_.changes() == 1;
}

void OwnEvents::end_run() { db_.exec("DELETE FROM running"); }

}  // namespace godwit::audit::keep
