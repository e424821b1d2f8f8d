// Rows of the progress view: one per task, its state as JSON behind the columns that lists filter and sort
// by; one per plan; and ends of tasks that went on, which streams still owe their clients. The last depend on
// how ticks and lifecycle events were read by turns; all else is a function of the log.
//
// Retention: a task or plan of which nothing was heard for Progress::keep goes, by event time: when an event
// of the lifecycle topic is that much newer than the last of the task.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "common/event/codec.h"
#include "common/sqlite/database.h"
#include "common/stream/record.h"
#include "consumers/progress/place.h"
#include "consumers/progress/projection.h"

namespace godwit::progress {

class Tables {
 public:
  static std::string schema();
  explicit Tables(sqlite::Database& db, const Progress& progress = {});

  Task load(const std::string& key);
  void save(const std::string& key, const Task& task, const std::string& log_position);
  // Where in the log a task is changed; called before the step.
  void keep(const stream::Record& record, const event::Event& event);
  void keep(const stream::Record&, const event::Refusal&) {}
  void apply(const Progress::Outputs& out);
  void flush();
  void discard();

 private:
  void save_plan(const std::string& plan_id, const Batch& batch, const Task& task);
  std::int64_t newest_ms();
  Place stored_place(const std::string& task_id);

  Progress progress_;
  sqlite::Statement load_, load_plan_, load_place_, load_newest_;
  sqlite::Statement save_, save_plan_, save_overtaken_, save_newest_;
  sqlite::Statement prune_tasks_, prune_overtaken_, prune_plans_;

  std::unordered_map<std::string, Place> places_;  // of tasks changed in this transaction
  std::string current_;                            // the task of the record at hand
  Place current_before_;                           // its place before that record, in this transaction
  std::optional<std::int64_t> newest_ms_;          // of lifecycle events; nullopt: not read yet
  bool newer_ = false;                             // since the last flush
};

}  // namespace godwit::progress
