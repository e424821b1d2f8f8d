// Rows of the metrics view: one per series and bucket, and one per task with its state.
#pragma once

#include <map>
#include <set>
#include <string>

#include "common/sqlite/database.h"
#include "consumers/metrics/projection.h"

namespace godwit::metrics_view {

class Tables {
 public:
  // Series of one metric in one partition; what comes beyond has every label `other`. The first in fold order
  // keep their names, so a rebuild chooses the same.
  static constexpr std::size_t series_max = 500;

  static std::string schema();
  explicit Tables(sqlite::Database& db);

  Task load(const std::string& task_id);
  void save(const std::string& task_id, const Task& task, const std::string& log_position);
  void apply(const Metrics::Outputs& out);
  // Increments are gathered over a batch and written once per series.
  void flush();
  void discard();

 private:
  Series bounded(Series series);

  sqlite::Statement load_, save_, count_, observe_;
  std::map<std::string, std::set<Series>, std::less<>> known_;  // by metric
  std::set<Series> new_;                                        // not committed yet
  std::map<Series, std::uint64_t> increments_;
  struct Bucket {
    std::uint64_t count = 0;
    std::int64_t sum = 0;
  };
  std::map<std::pair<Series, std::size_t>, Bucket> buckets_;
};

std::string store_json(const Task& task);
Task read_store_json(std::string_view json);

}  // namespace godwit::metrics_view
