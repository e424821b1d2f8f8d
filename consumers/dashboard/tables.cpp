#include "consumers/dashboard/tables.h"

#include "consumers/dashboard/state_json.h"

namespace godwit::dashboard {
namespace {

std::string counters_table(const std::string& name, const std::string& key) {
  return "CREATE TABLE IF NOT EXISTS " + name + " (" + key +
         " PRIMARY KEY, started INTEGER NOT NULL, succeeded INTEGER NOT NULL, failed INTEGER NOT NULL, "
         "cancelled INTEGER NOT NULL, succeeded_ms INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT "
         "ROWID;\n";
}

std::string add_to(const std::string& table) {
  return "INSERT INTO " + table +
         " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET started = started + excluded.started, "
         "succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed, "
         "cancelled = cancelled + excluded.cancelled, succeeded_ms = succeeded_ms + excluded.succeeded_ms, "
         "bytes = bytes + excluded.bytes";
}

// `list` names the list a task is on, `at_ms` its place there (listed_at).
constexpr const char* task_schema = R"(
CREATE TABLE IF NOT EXISTS task (
  task_id TEXT PRIMARY KEY,
  list TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  name TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS task_by_list ON task(list, at_ms, task_id);
CREATE INDEX IF NOT EXISTS task_by_name ON task(name, task_id);
CREATE INDEX IF NOT EXISTS task_by_plan ON task(plan_id, task_id) WHERE plan_id <> '';
)";

// The count of a plan without an id is that of all tasks without a plan, so that counts add up to all tasks.
// A count of nothing is no row: whether one was passed on the way depends on where batches end.
constexpr const char* count_schema = R"(
CREATE TABLE IF NOT EXISTS task_count (
  plan_id TEXT NOT NULL, list TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (plan_id, list)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS count_new AFTER INSERT ON task BEGIN
  INSERT INTO task_count VALUES (new.plan_id, new.list, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER IF NOT EXISTS count_moved AFTER UPDATE OF list, plan_id ON task
WHEN old.list <> new.list OR old.plan_id <> new.plan_id BEGIN
  UPDATE task_count SET n = n - 1 WHERE plan_id = old.plan_id AND list = old.list;
  DELETE FROM task_count WHERE plan_id = old.plan_id AND list = old.list AND n = 0;
  INSERT INTO task_count VALUES (new.plan_id, new.list, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
)";

constexpr const char* told_schema = R"(
CREATE TABLE IF NOT EXISTS plan (
  plan_id TEXT PRIMARY KEY, rank INTEGER NOT NULL, status TEXT NOT NULL, name TEXT, vm_count INTEGER,
  created_ms INTEGER, started_ms INTEGER, ended_ms INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (
  at_ms INTEGER NOT NULL, id TEXT NOT NULL, severity TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
  name TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (at_ms, id)
) WITHOUT ROWID;
)";

constexpr const char* tell_plan =
    "INSERT INTO plan VALUES (?1, ?2, ?3, ?4, ?5, iif(?2 = 1, ?6, NULL), iif(?2 = 2, ?6, NULL), "
    "iif(?2 = 3, ?6, NULL)) ON CONFLICT DO UPDATE SET "
    "status = iif(excluded.rank > rank, excluded.status, status), rank = max(rank, excluded.rank), "
    "name = coalesce(name, excluded.name), vm_count = coalesce(vm_count, excluded.vm_count), "
    "created_ms = coalesce(created_ms, excluded.created_ms), "
    "started_ms = coalesce(started_ms, excluded.started_ms), ended_ms = coalesce(ended_ms, "
    "excluded.ended_ms)";

}  // namespace

std::string Tables::schema() {
  return std::string{task_schema} + count_schema + told_schema +
         counters_table("provider_total", "provider TEXT") + counters_table("hour_total", "hour INTEGER");
}

Tables::Tables(sqlite::Database& db)
    : load_(db.prepare("SELECT state FROM task WHERE task_id = ?")),
      save_(db.prepare("INSERT INTO task VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                       "list = excluded.list, at_ms = excluded.at_ms, name = excluded.name, "
                       "plan_id = excluded.plan_id, state = excluded.state")),
      add_to_provider_(db.prepare(add_to("provider_total"))),
      add_to_hour_(db.prepare(add_to("hour_total"))),
      add_note_(db.prepare("INSERT OR IGNORE INTO note VALUES (?, ?, ?, ?, ?, ?, ?)")),
      drop_old_notes_(
          db.prepare("DELETE FROM note WHERE (at_ms, id) <= (SELECT at_ms, id FROM note ORDER BY at_ms DESC, "
                     "id DESC LIMIT 1 OFFSET ?)")),
      tell_plan_(db.prepare(tell_plan)) {}

Task Tables::load(const std::string& task_id) {
  if (!load_.bind(task_id).step()) return {};
  Task task = read_store_json(load_.text(0));
  load_.reset();
  return task;
}

void Tables::save(const std::string& task_id, const Task& task, const std::string&) {
  if (!is_task_key(task_id)) return;  // plans and notes have no state
  const std::string state = store_json(task);
  const std::string name = search_text(task.vm_name);
  save_.run(task_id, to_string(list_of(task)), to_unix_ms(listed_at(task)), name, task.plan_id, state);
}

void Tables::apply(const Dashboard::Outputs& out) {
  if (out.addition) {
    const auto& [provider, at, add] = *out.addition;
    add_to_provider_.run(provider, add.started, add.succeeded, add.failed, add.cancelled, add.succeeded_ms,
                         add.bytes);
    add_to_hour_.run(hour_of(at), add.started, add.succeeded, add.failed, add.cancelled, add.succeeded_ms,
                     add.bytes);
  }
  if (out.note) {
    const Note& note = *out.note;
    add_note_.run(to_unix_ms(note.at), note.id, note.severity, note.kind, note.subject, note.name, note.text);
    ++notes_;
  }
  if (out.plan) {
    const PlanNews& news = *out.plan;
    tell_plan_.run(news.plan_id, static_cast<std::int64_t>(news.rank), news.status, news.name, news.vm_count,
                   to_unix_ms(news.at));
  }
}

// The newest of what was ever added are kept, whatever the batches were.
void Tables::flush() {
  if (notes_ > 0) drop_old_notes_.run(notes_max);
  notes_ = 0;
}

std::string search_text(std::string_view name) {
  std::string out{name};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::int64_t hour_of(Timestamp time) {
  return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
}

Timestamp start_of_hour(std::int64_t hour) { return Timestamp{std::chrono::hours{hour}}; }

}  // namespace godwit::dashboard
