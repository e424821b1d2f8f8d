// Rows of the dashboard: one per task, in the index its list is read by, and counters per provider and per
// hour.
#pragma once

#include <string>

#include "common/sqlite/database.h"
#include "consumers/dashboard/projection.h"

namespace godwit::dashboard {

class Tables {
 public:
  static std::string schema();
  explicit Tables(sqlite::Database& db);

  Task load(const std::string& task_id);
  void save(const std::string& task_id, const Task& task, const std::string& log_position);
  void apply(const Dashboard::Outputs& out);

 private:
  sqlite::Statement load_;
  sqlite::Statement save_;
  sqlite::Statement add_to_provider_;
  sqlite::Statement add_to_hour_;
};

// Hours since 1970, rounded down: the bucket an event falls into.
std::int64_t hour_of(Timestamp time);
Timestamp start_of_hour(std::int64_t hour);

}  // namespace godwit::dashboard
