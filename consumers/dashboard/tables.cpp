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

}  // namespace

// `list` names the list a task is on, `at_ms` its place there (listed_at).
std::string Tables::schema() {
  return R"(
CREATE TABLE IF NOT EXISTS task (
  task_id TEXT PRIMARY KEY,
  list TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS task_by_list ON task(list, at_ms, task_id);
)" + counters_table("provider_total", "provider TEXT") +
         counters_table("hour_total", "hour INTEGER");
}

Tables::Tables(sqlite::Database& db)
    : load_(db.prepare("SELECT state FROM task WHERE task_id = ?")),
      save_(db.prepare("INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?)")),
      add_to_provider_(db.prepare(add_to("provider_total"))),
      add_to_hour_(db.prepare(add_to("hour_total"))) {}

Task Tables::load(const std::string& task_id) {
  if (!load_.bind(task_id).step()) return {};
  Task task = read_store_json(load_.text(0));
  load_.reset();
  return task;
}

void Tables::save(const std::string& task_id, const Task& task, const std::string&) {
  const std::string state = store_json(task);
  save_.run(task_id, to_string(list_of(task)), to_unix_ms(listed_at(task)), state);
}

void Tables::apply(const Dashboard::Outputs& out) {
  if (!out.addition) return;
  const auto& [provider, at, add] = *out.addition;
  add_to_provider_.run(provider, add.started, add.succeeded, add.failed, add.cancelled, add.succeeded_ms,
                       add.bytes);
  add_to_hour_.run(hour_of(at), add.started, add.succeeded, add.failed, add.cancelled, add.succeeded_ms,
                   add.bytes);
}

std::int64_t hour_of(Timestamp time) {
  return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
}

Timestamp start_of_hour(std::int64_t hour) { return Timestamp{std::chrono::hours{hour}}; }

}  // namespace godwit::dashboard
