#include "consumers/progress/tables.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/event/catalogue.h"
#include "consumers/progress/state_json.h"

namespace godwit::progress {
namespace {

bool is_plan(const std::string& key) { return key.starts_with(Progress::plan_prefix); }

std::optional<std::int64_t> eta_ms(const Task& task, const Weights& weights) {
  const auto eta = eta_seconds(task, weights);
  return eta ? std::optional{static_cast<std::int64_t>(std::llround(*eta * 1000))} : std::nullopt;
}

bool waits(const Task& task) {
  return task.life.phase == projection::Phase::running || task.life.phase == projection::Phase::pending;
}

}  // namespace

// `state` comes last: what lists look at is read without it.
std::string Tables::schema() {
  return R"(
CREATE TABLE IF NOT EXISTS task (
  task_id TEXT PRIMARY KEY,
  removed INTEGER NOT NULL,
  status TEXT NOT NULL,
  waiting INTEGER NOT NULL,
  provider TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  user TEXT NOT NULL,
  host TEXT NOT NULL,
  vm_name TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  percentage REAL,
  bytes_done INTEGER,
  eta_ms INTEGER,
  lifecycle_next INTEGER NOT NULL,
  progress_next INTEGER NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS task_status ON task (status);
CREATE INDEX IF NOT EXISTS task_provider ON task (provider);
CREATE INDEX IF NOT EXISTS task_plan ON task (plan_id);
CREATE INDEX IF NOT EXISTS task_vm_name ON task (vm_name);
CREATE INDEX IF NOT EXISTS task_started ON task (started_ms);
CREATE INDEX IF NOT EXISTS task_updated ON task (updated_ms);
CREATE INDEX IF NOT EXISTS task_lifecycle ON task (lifecycle_next);
CREATE INDEX IF NOT EXISTS task_progress ON task (progress_next);
CREATE TABLE IF NOT EXISTS overtaken (
  task_id TEXT NOT NULL,
  lifecycle_next INTEGER NOT NULL,
  progress_next INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (task_id, lifecycle_next)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS overtaken_lifecycle ON overtaken (lifecycle_next);
CREATE TABLE IF NOT EXISTS plan (
  plan_id TEXT PRIMARY KEY,
  updated_ms INTEGER NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS newest (
  only INTEGER PRIMARY KEY CHECK (only = 0),
  event_ms INTEGER NOT NULL
);
)";
}

Tables::Tables(sqlite::Database& db, const Progress& progress)
    : progress_(progress),
      load_(db.prepare("SELECT state FROM task WHERE task_id = ?")),
      load_plan_(db.prepare("SELECT state FROM plan WHERE plan_id = ?")),
      load_place_(db.prepare("SELECT lifecycle_next, progress_next FROM task WHERE task_id = ?")),
      load_newest_(db.prepare("SELECT event_ms FROM newest")),
      save_(db.prepare(
          "INSERT INTO task VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
          "?17) ON CONFLICT (task_id) DO UPDATE SET removed = ?2, status = ?3, waiting = ?4, "
          "provider = ?5, plan_id = ?6, user = ?7, host = ?8, vm_name = ?9, started_ms = ?10, "
          "updated_ms = ?11, percentage = ?12, bytes_done = ?13, eta_ms = ?14, "
          "lifecycle_next = max(lifecycle_next, ?15), progress_next = max(progress_next, ?16), "
          "state = ?17")),
      save_plan_(db.prepare("INSERT OR REPLACE INTO plan VALUES (?, ?, ?)")),
      save_overtaken_(db.prepare("INSERT OR REPLACE INTO overtaken VALUES (?, ?, ?, ?, ?)")),
      save_newest_(db.prepare("INSERT OR REPLACE INTO newest VALUES (0, ?)")),
      prune_tasks_(db.prepare("DELETE FROM task WHERE updated_ms < ?")),
      prune_overtaken_(db.prepare("DELETE FROM overtaken WHERE updated_ms < ?")),
      prune_plans_(db.prepare("DELETE FROM plan WHERE updated_ms < ?")) {}

Task Tables::load(const std::string& key) {
  const bool plan = is_plan(key);
  sqlite::Statement& rows = plan ? load_plan_ : load_;
  const std::string id = plan ? key.substr(Progress::plan_prefix.size()) : key;
  if (!rows.bind(id).step()) return {};
  Task task = read_store_json(rows.text(0));
  rows.reset();
  return task;
}

void Tables::save(const std::string& key, const Task& task, const std::string&) {
  if (task.batch) return save_plan(key.substr(Progress::plan_prefix.size()), *task.batch, task);
  const Place place = places_[key];
  const std::string state = store_json(task);
  const std::int64_t started = task.life.began_at ? to_unix_ms(*task.life.began_at) : 0;
  save_.run(key, task.life.removed, status_name(task), waits(task), task.provider, task.plan_id, task.user,
            task.host, task.vm_name, started, to_unix_ms(task.life.updated_at),
            percentage(task, progress_.weights), bytes_done(task), eta_ms(task, progress_.weights),
            place.lifecycle, place.progress, state);
}

void Tables::save_plan(const std::string& plan_id, const Batch& batch, const Task& task) {
  const std::string state = store_json(task);
  save_plan_.run(plan_id, to_unix_ms(batch.updated_at), state);
}

Place Tables::stored_place(const std::string& task_id) {
  if (!load_place_.bind(task_id).step()) return {};
  const Place out{load_place_.integer(0), load_place_.integer(1)};
  load_place_.reset();
  return out;
}

void Tables::keep(const stream::Record& record, const event::Event& event) {
  const bool lifecycle = record.topic == event::topic_name(event::Topic::lifecycle);
  if (lifecycle) {
    if (to_unix_ms(event.time) > newest_ms()) {
      newest_ms_ = to_unix_ms(event.time);
      newer_ = true;
    }
  }
  if (!projection::is_task_event(event.type)) return;
  current_ = event.subject;
  Place& place = places_[current_];
  current_before_ = place;
  const std::int64_t next = record.offset.value() + 1;
  if (lifecycle)
    place.lifecycle = std::max(place.lifecycle, next);
  else
    place.progress = std::max(place.progress, next);
}

void Tables::apply(const Progress::Outputs& out) {
  if (!out.overtaken) return;
  const Place place = later(current_before_, stored_place(current_));
  const std::string state = store_json(*out.overtaken);
  save_overtaken_.run(current_, place.lifecycle, place.progress, to_unix_ms(out.overtaken->life.updated_at),
                      state);
}

std::int64_t Tables::newest_ms() {
  if (!newest_ms_) {
    newest_ms_ = load_newest_.bind().step() ? load_newest_.integer(0) : 0;
    load_newest_.reset();
  }
  return *newest_ms_;
}

// Also when nothing is newer: what is old may have come late.
void Tables::flush() {
  places_.clear();
  const std::int64_t oldest = newest_ms() - progress_.keep.count();
  if (std::exchange(newer_, false)) save_newest_.run(*newest_ms_);
  prune_tasks_.run(oldest);
  prune_overtaken_.run(oldest);
  prune_plans_.run(oldest);
}

void Tables::discard() {
  places_.clear();
  newest_ms_.reset();
  newer_ = false;
}

}  // namespace godwit::progress
