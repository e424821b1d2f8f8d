#include "consumers/metrics/tables.h"

#include <algorithm>

#include "common/json/fields.h"
#include "common/projection/life_json.h"
#include "consumers/metrics/series.h"

namespace godwit::metrics_view {
namespace {

const HistogramInfo& info_of(std::string_view metric) {
  const auto found = std::find_if(histograms.begin(), histograms.end(),
                                  [&](const HistogramInfo& info) { return info.name == metric; });
  GODWIT_CHECK(found != histograms.end(), "no histogram is called {}", metric);
  return *found;
}

// The literal of series.h that a stored name stands for; empty when this build knows it no more.
std::string_view literal(std::string_view stored) {
  for (const CounterInfo& info : counters)
    if (info.name == stored) return info.name;
  for (const HistogramInfo& info : histograms)
    if (info.name == stored) return info.name;
  return "";
}

std::size_t bucket_of(const HistogramInfo& info, std::int64_t value) {
  const double shown = static_cast<double>(value) / info.unit;
  return static_cast<std::size_t>(std::lower_bound(info.bounds.begin(), info.bounds.end(), shown) -
                                  info.bounds.begin());
}

}  // namespace

std::string Tables::schema() {
  return R"(
CREATE TABLE IF NOT EXISTS counter (
  metric TEXT NOT NULL, l1 TEXT NOT NULL, l2 TEXT NOT NULL, l3 TEXT NOT NULL, value INTEGER NOT NULL,
  PRIMARY KEY (metric, l1, l2, l3)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS histogram (
  metric TEXT NOT NULL, l1 TEXT NOT NULL, l2 TEXT NOT NULL, l3 TEXT NOT NULL, bucket INTEGER NOT NULL,
  count INTEGER NOT NULL, sum INTEGER NOT NULL,
  PRIMARY KEY (metric, l1, l2, l3, bucket)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS task (
  task_id TEXT PRIMARY KEY, active INTEGER NOT NULL, provider TEXT NOT NULL, stage TEXT NOT NULL, updated_ms INTEGER NOT NULL,
  state TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS task_active ON task(provider, stage, updated_ms) WHERE active = 1;
)";
}

Tables::Tables(sqlite::Database& db)
    : load_(db.prepare("SELECT state FROM task WHERE task_id = ?")),
      save_(db.prepare("INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?, ?)")),
      count_(db.prepare(
          "INSERT INTO counter VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET value = value + ?5")),
      observe_(db.prepare("INSERT INTO histogram VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                          "ON CONFLICT DO UPDATE SET count = count + ?6, sum = sum + ?7")) {
  auto rows =
      db.prepare("SELECT metric, l1, l2, l3 FROM counter UNION SELECT metric, l1, l2, l3 FROM histogram");
  while (rows.step()) {
    const std::string_view metric = literal(rows.text(0));
    if (!metric.empty())
      known_[std::string{metric}].insert(
          {metric, {std::string{rows.text(1)}, std::string{rows.text(2)}, std::string{rows.text(3)}}});
  }
}

Series Tables::bounded(Series series) {
  auto& known = known_[std::string{series.metric}];
  if (known.contains(series)) return series;
  if (known.size() >= series_max)
    for (std::string& label : series.labels)
      if (!label.empty()) label = "other";
  if (known.insert(series).second) new_.insert(series);
  return series;
}

void Tables::apply(const Metrics::Outputs& out) {
  for (const Increment& increment : out.increments) increments_[bounded(increment.series)] += increment.by;
  for (const Observation& observation : out.observations) {
    Bucket& bucket = buckets_[{bounded(observation.series),
                               bucket_of(info_of(observation.series.metric), observation.value)}];
    ++bucket.count;
    bucket.sum += observation.value;
  }
}

void Tables::flush() {
  for (const auto& [series, by] : increments_)
    count_.run(series.metric, series.labels[0], series.labels[1], series.labels[2],
               static_cast<std::int64_t>(by));
  for (const auto& [key, bucket] : buckets_)
    observe_.run(key.first.metric, key.first.labels[0], key.first.labels[1], key.first.labels[2],
                 static_cast<std::int64_t>(key.second), static_cast<std::int64_t>(bucket.count), bucket.sum);
  increments_.clear();
  buckets_.clear();
  new_.clear();
}

void Tables::discard() {
  for (const Series& series : new_) known_[std::string{series.metric}].erase(series);
  new_.clear();
  increments_.clear();
  buckets_.clear();
}

Task Tables::load(const std::string& task_id) {
  if (!load_.bind(task_id).step()) return {};
  Task task = read_store_json(load_.text(0));
  load_.reset();
  return task;
}

void Tables::save(const std::string& task_id, const Task& task, const std::string&) {
  const bool active =
      task.life.phase == projection::Phase::running || task.life.phase == projection::Phase::paused;
  const std::string state = store_json(task);
  save_.run(task_id, active, task.provider, task.current_stage, to_unix_ms(task.life.updated_at), state);
}

std::string store_json(const Task& task) {
  json::Writer out;
  out.begin_object().key("life");
  projection::write_life(out, task.life);
  out.member("provider", task.provider).member("mode", task.mode).member("current_stage", task.current_stage);
  out.key("stages").begin_array();
  for (const StageMark& mark : task.stages) {
    out.begin_object()
        .member("attempt", mark.attempt)
        .member("stage", mark.stage)
        .member("ended", mark.ended);
    out.member("failed", mark.failed).member("bytes", mark.bytes).end_object();
  }
  out.end_array().key("deliveries").begin_array();
  for (const std::uint64_t hash : task.deliveries.hashes()) out.value(hash);
  out.end_array().end_object();
  return out.take();
}

Task read_store_json(std::string_view text) {
  Task task;
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  GODWIT_CHECK(!document.HasParseError(), "a stored task is no JSON at byte {}", document.GetErrorOffset());
  const json::Object in{document};
  if (const auto* life = in.find("life")) task.life = projection::read_life(*life);
  task.provider = in.text("provider").value_or("");
  task.mode = in.text("mode").value_or("");
  task.current_stage = in.text("current_stage").value_or("");
  in.each("stages", [&](const rapidjson::Value& value) {
    const json::Object mark{value};
    task.stages.push_back({mark.integer("attempt").value_or(0), mark.text("stage").value_or(""),
                           mark.flag("ended"), mark.flag("failed"), mark.integer("bytes").value_or(0)});
  });
  std::vector<std::uint64_t> hashes;
  in.each("deliveries", [&](const rapidjson::Value& value) { hashes.push_back(value.GetUint64()); });
  task.deliveries = projection::Seen{std::move(hashes)};
  return task;
}

}  // namespace godwit::metrics_view
