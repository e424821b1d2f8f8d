#include "consumers/metrics/tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/fields.h"

namespace godwit::metrics_view {
namespace {

std::int64_t bucket_of(const Metric& metric, std::int64_t value) {
  const double shown = static_cast<double>(value) / metric.unit;
  return std::lower_bound(metric.bounds.begin(), metric.bounds.end(), shown) - metric.bounds.begin();
}

template <class Key, class Latest>
void keep_latest(std::map<Key, Latest>& all, const Key& key, Latest latest) {
  const auto [found, fresh] = all.try_emplace(key, latest);
  if (!fresh && found->second < latest) found->second = std::move(latest);
}

}  // namespace

std::string Tables::schema() {
  constexpr const char* series =
      "metric TEXT NOT NULL, l1 TEXT NOT NULL, l2 TEXT NOT NULL, l3 TEXT NOT NULL, "
      "l4 TEXT NOT NULL";
  return fmt::format(R"(
CREATE TABLE IF NOT EXISTS counter ({0}, value INTEGER NOT NULL,
  PRIMARY KEY (metric, l1, l2, l3, l4)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS histogram ({0}, bucket INTEGER NOT NULL, count INTEGER NOT NULL, sum INTEGER NOT NULL,
  PRIMARY KEY (metric, l1, l2, l3, l4, bucket)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gauge ({0}, at_ms INTEGER NOT NULL, value INTEGER NOT NULL,
  PRIMARY KEY (metric, l1, l2, l3, l4)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS exemplar ({0}, bucket INTEGER NOT NULL, at_ms INTEGER NOT NULL, trace_id TEXT NOT NULL,
  value INTEGER NOT NULL, PRIMARY KEY (metric, l1, l2, l3, l4, bucket)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS label (scope TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS task (
  task_id TEXT PRIMARY KEY, active INTEGER NOT NULL, provider TEXT NOT NULL, mode TEXT NOT NULL, stage TEXT NOT NULL,
  updated_ms INTEGER NOT NULL, began_ms INTEGER, not_converging INTEGER NOT NULL, snapshot_ms INTEGER,
  state TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS task_active ON task(provider, mode, stage, updated_ms, began_ms, not_converging)
  WHERE active = 1;
CREATE INDEX IF NOT EXISTS task_snapshot ON task(provider, snapshot_ms) WHERE snapshot_ms IS NOT NULL;
)",
                     series) +
         TrendRows::schema();
}

Tables::Tables(sqlite::Database& db, const Metrics& projection)
    : catalogue_(projection.rules),
      bounds_(catalogue_),
      trends_(db),
      load_(db.prepare("SELECT state FROM task WHERE task_id = ?")),
      save_(db.prepare("INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")),
      count_(db.prepare("INSERT INTO counter VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                        "ON CONFLICT DO UPDATE SET value = value + ?6")),
      observe_(db.prepare("INSERT INTO histogram VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
                          "ON CONFLICT DO UPDATE SET count = count + ?7, sum = sum + ?8")),
      read_(db.prepare("INSERT INTO gauge VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE "
                       "SET at_ms = ?6, value = ?7 WHERE (?6, ?7) > (at_ms, value)")),
      note_(db.prepare(
          "INSERT INTO exemplar VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE "
          "SET at_ms = ?7, trace_id = ?8, value = ?9 WHERE (?7, ?8, ?9) > (at_ms, trace_id, value)")),
      label_(db.prepare("INSERT INTO label VALUES (?, ?)")) {
  remember(db);
}

void Tables::remember(sqlite::Database& db) {
  auto series = db.prepare(
      "SELECT metric, l1, l2, l3, l4 FROM counter UNION SELECT metric, l1, l2, l3, l4 FROM histogram UNION "
      "SELECT metric, l1, l2, l3, l4 FROM gauge");
  while (series.step()) {
    Series known;
    for (std::size_t i = 0; i < labels_max; ++i) known.labels[i] = series.text(static_cast<int>(i) + 1);
    const Metric* metric = catalogue_.find(series.text(0));
    if (metric == nullptr) continue;  // this build knows it no more
    known.metric = metric->name;
    bounds_.remember(known);
  }
  auto labels = db.prepare("SELECT scope, value FROM label");
  while (labels.step()) bounds_.remember_label(std::string{labels.text(0)}, std::string{labels.text(1)});
}

void Tables::note_exemplar(const Metrics::Outputs& out, const Series& series, std::int64_t bucket,
                           std::int64_t value) {
  if (!out.trace_id.empty())
    keep_latest(exemplars_, Place{series, bucket}, Latest{to_unix_ms(out.at), out.trace_id, value});
}

void Tables::apply(const Metrics::Outputs& out) {
  for (const Increment& increment : out.increments) {
    const Series series = bounds_.bounded(increment.series);
    increments_[series] += increment.by;
    if (increment.by > 0) note_exemplar(out, series, no_bucket, static_cast<std::int64_t>(increment.by));
  }
  for (const Observation& observation : out.observations) {
    const Series series = bounds_.bounded(observation.series);
    const std::int64_t index = bucket_of(*catalogue_.find(series.metric), observation.value);
    Bucket& bucket = buckets_[{series, index}];
    ++bucket.count;
    bucket.sum += observation.value;
    note_exemplar(out, series, index, observation.value);
  }
  for (const Reading& reading : out.readings)
    keep_latest(readings_, bounds_.bounded(reading.series), Latest{to_unix_ms(out.at), "", reading.value});
  trends_.add(out.at, out.happened);
}

void Tables::flush() {
  for (const auto& [scope, value] : bounds_.new_labels()) label_.run(scope, value);
  for (const auto& [series, by] : increments_) {
    const LabelValues& l = series.labels;
    count_.run(series.metric, l[0], l[1], l[2], l[3], static_cast<std::int64_t>(by));
  }
  for (const auto& [place, bucket] : buckets_) {
    const LabelValues& l = place.first.labels;
    observe_.run(place.first.metric, l[0], l[1], l[2], l[3], place.second,
                 static_cast<std::int64_t>(bucket.count), bucket.sum);
  }
  for (const auto& [series, latest] : readings_) {
    const LabelValues& l = series.labels;
    read_.run(series.metric, l[0], l[1], l[2], l[3], std::get<0>(latest), std::get<2>(latest));
  }
  for (const auto& [place, latest] : exemplars_) {
    const LabelValues& l = place.first.labels;
    note_.run(place.first.metric, l[0], l[1], l[2], l[3], place.second, std::get<0>(latest),
              std::get<1>(latest), std::get<2>(latest));
  }
  trends_.flush();
  bounds_.keep();
  clear();
}

void Tables::discard() {
  bounds_.forget();
  trends_.discard();
  clear();
}

void Tables::clear() {
  increments_.clear();
  buckets_.clear();
  readings_.clear();
  exemplars_.clear();
}

Task Tables::load(const std::string& task_id) {
  if (!load_.bind(task_id).step()) return {};
  Task task = read_store_json(load_.text(0));
  load_.reset();
  return task;
}

void Tables::save(const std::string& task_id, const Task& task, const std::string&) {
  const std::string state = store_json(task);
  save_.run(task_id, task.active(), task.provider, task.mode, task.current_stage,
            to_unix_ms(task.life.updated_at), json::maybe_ms(task.life.began_at), task.not_converging(),
            json::maybe_ms(task.oldest_snapshot()), state);
}

}  // namespace godwit::metrics_view
