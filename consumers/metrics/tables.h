// Rows of the metrics view: one per series and bucket, one per bucket of time, and one per task with its
// state.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "common/sqlite/database.h"
#include "consumers/metrics/bounds.h"
#include "consumers/metrics/catalogue.h"
#include "consumers/metrics/projection.h"
#include "consumers/metrics/trends.h"

namespace godwit::metrics_view {

class Tables {
 public:
  static constexpr int layout = 2;

  static std::string schema();
  explicit Tables(sqlite::Database& db, const Metrics& projection = {});
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  Task load(const std::string& task_id);
  void save(const std::string& task_id, const Task& task, const std::string& log_position);
  void apply(const Metrics::Outputs& out);
  // What a batch adds is gathered and written once per series.
  void flush();
  void discard();

 private:
  using Place = std::pair<Series, std::int64_t>;  // a series and its bucket
  struct Bucket {
    std::uint64_t count = 0;
    std::int64_t sum = 0;
  };
  // Ordered by what decides which of two stays: the later one, whatever order they come in.
  using Latest = std::tuple<std::int64_t, std::string, std::int64_t>;  // time, trace id, value

  void remember(sqlite::Database& db);
  void note_exemplar(const Metrics::Outputs& out, const Series& series, std::int64_t bucket,
                     std::int64_t value);
  void clear();

  Catalogue catalogue_;
  Bounds bounds_;
  TrendRows trends_;
  sqlite::Statement load_, save_, count_, observe_, read_, note_, label_;
  std::map<Series, std::uint64_t> increments_;
  std::map<Place, Bucket> buckets_;
  std::map<Series, Latest> readings_;
  std::map<Place, Latest> exemplars_;
};

// A counter's exemplar has no bucket.
inline constexpr std::int64_t no_bucket = -1;

std::string store_json(const Task& task);
Task read_store_json(std::string_view json);

}  // namespace godwit::metrics_view
