// Rows of the progress view: one per task, its state as JSON beside the columns that lists filter and sort
// by.
#pragma once

#include <string>

#include "common/sqlite/database.h"
#include "consumers/progress/projection.h"

namespace godwit::progress {

class Tables {
 public:
  static std::string schema();
  explicit Tables(sqlite::Database& db);

  Task load(const std::string& task_id);
  void save(const std::string& task_id, const Task& task, const std::string& log_position);
  void apply(const Progress::Outputs&) {}

 private:
  sqlite::Statement load_;
  sqlite::Statement save_;
};

}  // namespace godwit::progress
