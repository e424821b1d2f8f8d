#include "consumers/progress/tables.h"

#include "consumers/progress/state_json.h"

namespace godwit::progress {

// `log_position` tells where in the log the state is from: the id of its stream event.
std::string Tables::schema() {
  return R"(
CREATE TABLE IF NOT EXISTS task (
  task_id TEXT PRIMARY KEY,
  status TEXT NOT NULL,
  provider TEXT NOT NULL,
  updated_ms INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  log_position TEXT NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;
)";
}

Tables::Tables(sqlite::Database& db)
    : load_(db.prepare("SELECT state FROM task WHERE task_id = ?")),
      save_(db.prepare("INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?, ?, ?)")) {}

Task Tables::load(const std::string& task_id) {
  if (!load_.bind(task_id).step()) return {};
  Task task = read_store_json(load_.text(0));
  load_.reset();
  return task;
}

void Tables::save(const std::string& task_id, const Task& task, const std::string& log_position) {
  const std::string state = store_json(task);
  save_.run(task_id, status_name(task), task.provider, to_unix_ms(task.life.updated_at), task.life.removed,
            log_position, state);
}

}  // namespace godwit::progress
