// Rows of the dashboard: one per task, in the indexes it is read by; counters per provider and per hour;
// plans, and the newest notes. How many tasks are on which list, in all and of each plan, is counted by
// triggers, so that no answer has to count rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/sqlite/database.h"
#include "consumers/dashboard/projection.h"

namespace godwit::dashboard {

class Tables {
 public:
  static constexpr std::int64_t notes_max = 1'000;  // of a partition; the newest are kept

  static std::string schema();
  explicit Tables(sqlite::Database& db);

  Task load(const std::string& task_id);
  void save(const std::string& task_id, const Task& task, const std::string& log_position);
  void apply(const Dashboard::Outputs& out);
  void flush();
  void discard() { notes_ = 0; }

 private:
  sqlite::Statement load_;
  sqlite::Statement save_;
  sqlite::Statement add_to_provider_;
  sqlite::Statement add_to_hour_;
  sqlite::Statement add_note_;
  sqlite::Statement drop_old_notes_;
  sqlite::Statement tell_plan_;
  std::int64_t notes_ = 0;  // added since the last commit
};

// How names are searched: ASCII letters in lower case.
std::string search_text(std::string_view name);

// Hours since 1970, rounded down: the bucket an event falls into.
std::int64_t hour_of(Timestamp time);
Timestamp start_of_hour(std::int64_t hour);

}  // namespace godwit::dashboard
