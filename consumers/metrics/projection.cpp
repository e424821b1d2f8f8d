#include "consumers/metrics/projection.h"

#include <algorithm>

namespace godwit::metrics_view {
namespace {

using event::Event;
using event::Type;
using projection::Change;

bool is_delivery(Type type) {
  return type == Type::delivery_succeeded || type == Type::delivery_failed ||
         type == Type::delivery_exhausted;
}

std::string or_unknown(const event::Data::Text& text) { return text.value_or("unknown"); }

StageMark* mark_of(Task& task, std::int64_t attempt, const std::string& stage) {
  const auto found = std::find_if(task.stages.begin(), task.stages.end(), [&](const StageMark& mark) {
    return mark.attempt == attempt && mark.stage == stage;
  });
  if (found != task.stages.end()) return &*found;
  if (task.stages.size() == Task::stage_marks_max) return nullptr;
  return &task.stages.emplace_back(StageMark{.attempt = attempt, .stage = stage});
}

// Adds what goes beyond the bytes already counted, so that a later, larger figure never counts the same bytes
// twice.
void count_bytes(Task& task, StageMark& mark, std::int64_t bytes_done, Metrics::Outputs& out) {
  if (bytes_done <= mark.bytes) return;
  out.increments.push_back(
      {{bytes, {task.provider, mark.stage}}, static_cast<std::uint64_t>(bytes_done - mark.bytes)});
  out.happened.bytes += static_cast<std::uint64_t>(bytes_done - mark.bytes);
  mark.bytes = bytes_done;
}

void count_stage_end(Task& task, const Event& event, Metrics::Outputs& out) {
  StageMark* mark = mark_of(task, *event.data.attempt, *event.data.stage);
  if (mark == nullptr) return;
  const bool failed = event.type == Type::stage_failed;
  if (event.data.bytes_done) count_bytes(task, *mark, *event.data.bytes_done, out);
  mark->failed = mark->failed || failed;
  // A stage that failed may still be completed within its attempt; a second end of the same kind says nothing
  // new.
  if (mark->ended) return;
  mark->ended = !failed;
  if (event.data.duration_ms)
    out.observations.push_back(
        {{stage_duration, {task.provider, mark->stage, failed ? "failed" : "completed"}},
         *event.data.duration_ms});
}

void count_error(const Task& task, const Event& event, Metrics::Outputs& out) {
  const std::string stage = event.data.stage.value_or(event.data.error->phase.value_or("none"));
  out.increments.push_back({{errors, {task.provider, stage, or_unknown(event.data.error->error_class)}}, 1});
}

void count_start(const Task& task, Metrics::Outputs& out) {
  out.increments.push_back({{started, {task.provider, task.mode}}, 1});
  ++out.happened.started;
  for (const char* status : {"completed", "failed", "cancelled"})
    out.increments.push_back({{finished, {task.provider, task.mode, status}}, 0});
  for (const char* stage : {"export", "conversion", "upload"})
    out.increments.push_back({{bytes, {task.provider, stage}}, 0});
}

void count_end(Task& task, const Event& event, const Change& change, Metrics::Outputs& out) {
  const std::string status = event.type == Type::task_completed ? "completed"
                             : event.type == Type::task_failed  ? "failed"
                                                                : "cancelled";
  out.increments.push_back({{finished, {task.provider, task.mode, status}}, 1});
  std::optional<std::int64_t> duration_ms = event.data.duration_ms;
  if (!duration_ms && change.attempt_began_at)
    duration_ms = std::max<std::int64_t>(0, (event.time - *change.attempt_began_at).count());
  if (duration_ms)
    out.observations.push_back({{migration_duration, {task.provider, task.mode, status}}, *duration_ms});
  out.happened.completed += event.type == Type::task_completed ? 1 : 0;
  out.happened.failed += event.type == Type::task_failed ? 1 : 0;
  out.happened.cancelled += event.type == Type::task_cancelled ? 1 : 0;
  if (event.type == Type::task_completed && duration_ms) {
    out.happened.completed_ms += *duration_ms;
    ++out.happened.timed;
  }
  const auto total = [&](const char* stage, const event::Data::Integer& told) {
    if (!told) return;
    if (StageMark* mark = mark_of(task, *event.data.attempt, stage)) count_bytes(task, *mark, *told, out);
  };
  total("export", event.data.bytes_exported);
  total("conversion", event.data.bytes_converted);
  total("upload", event.data.bytes_uploaded);
}

bool stage_failed_in(const Task& task, std::int64_t attempt) {
  return std::any_of(task.stages.begin(), task.stages.end(),
                     [&](const StageMark& mark) { return mark.attempt == attempt && mark.failed; });
}

void count_lifecycle(Task& task, const Event& event, const Change& change, Metrics::Outputs& out) {
  if (change.began) count_start(task, out);
  if (change.ended) count_end(task, event, change, out);
  switch (event.type) {
    case Type::stage_started:
      out.increments.push_back({{bytes, {task.provider, *event.data.stage}}, 0});
      break;
    case Type::stage_completed:
      count_stage_end(task, event, out);
      break;
    case Type::stage_failed:
      count_stage_end(task, event, out);
      count_error(task, event, out);
      break;
    case Type::task_failed:
      // The stage's own failure has counted already; this is its consequence.
      if (change.ended && !stage_failed_in(task, *event.data.attempt)) count_error(task, event, out);
      break;
    case Type::error_raised:
    case Type::disk_failed:
    case Type::validation_failed:
    case Type::hook_failed:
    case Type::precopy_failed:
      count_error(task, event, out);
      break;
    case Type::retry_scheduled:
      out.increments.push_back({{retries, {task.provider}}, 1});
      break;
    case Type::downtime_ended:
      if (event.data.downtime_ms)
        out.observations.push_back({{cutover_downtime, {task.provider}}, *event.data.downtime_ms});
      break;
    case Type::cutover_completed:
      if (event.data.iteration)
        out.observations.push_back({{precopy_iterations, {task.provider}}, *event.data.iteration});
      break;
    default:
      break;
  }
}

// A round tells how much was written meanwhile, which is what the next one has to copy.
void follow_precopy(PrecopyMark& precopy, const Event& event) {
  if (*event.data.attempt < precopy.attempt) return;
  if (*event.data.attempt > precopy.attempt) precopy = {.attempt = *event.data.attempt, .delta_bytes = {}};
  if (!event.data.delta_bytes) return;
  const bool smaller = !precopy.delta_bytes || *event.data.delta_bytes < *precopy.delta_bytes;
  precopy.not_smaller = smaller ? 0 : precopy.not_smaller + 1;
  precopy.delta_bytes = event.data.delta_bytes;
}

void follow_snapshots(Task& task, const Event& event) {
  if (!event.data.snapshot_id) return;
  const auto found =
      std::find_if(task.snapshots.begin(), task.snapshots.end(),
                   [&](const OpenSnapshot& each) { return each.id == *event.data.snapshot_id; });
  if (event.type == Type::snapshot_removed) {
    if (found != task.snapshots.end()) task.snapshots.erase(found);
  } else if (found == task.snapshots.end() && task.snapshots.size() < Task::snapshots_max) {
    task.snapshots.push_back({*event.data.snapshot_id, event.time});
  }
}

void follow(Task& task, const Event& event) {
  if (event.type == Type::precopy_completed) follow_precopy(task.precopy, event);
  if (event.type == Type::snapshot_created || event.type == Type::snapshot_removed)
    follow_snapshots(task, event);
  if (event.type == Type::task_removed) task.snapshots.clear();
}

void count_delivery(const Event& event, Metrics::Outputs& out) {
  const std::string outcome{event::info(event.type).name.substr(std::string_view{"delivery."}.size())};
  const std::string endpoint = or_unknown(event.data.endpoint);
  for (const char* each : {"succeeded", "failed", "exhausted"})
    out.increments.push_back({{deliveries, {endpoint, each}}, each == outcome ? 1U : 0U});
  if (event.data.latency_ms && event.type != Type::delivery_exhausted)
    out.observations.push_back({{delivery_latency, {endpoint, outcome}}, *event.data.latency_ms});
}

void apply_rules(const RuleSet& rules, const Event& event, Metrics::Outputs& out) {
  for (const Match& match : match_rules(rules, event)) {
    Series series{match.rule->name, match.labels};
    switch (match.rule->shape) {
      case Shape::counter:
        out.increments.push_back({std::move(series), static_cast<std::uint64_t>(match.value)});
        break;
      case Shape::histogram:
        out.observations.push_back({std::move(series), match.value});
        break;
      case Shape::gauge:
        out.readings.push_back({std::move(series), match.value});
        break;
    }
  }
}

// The second part of "00-<trace id>-<span id>-<flags>".
std::string trace_of(const Event& event) {
  constexpr std::size_t begin = 3;
  constexpr std::size_t size = 32;
  if (!event.traceparent || event.traceparent->size() < begin + size) return {};
  return event.traceparent->substr(begin, size);
}

bool is_counted_task(Type type) { return projection::is_task_event(type) && !projection::is_tick(type); }

}  // namespace

Happened& Happened::operator+=(const Happened& other) {
  started += other.started;
  completed += other.completed;
  failed += other.failed;
  cancelled += other.cancelled;
  bytes += other.bytes;
  completed_ms += other.completed_ms;
  timed += other.timed;
  return *this;
}

bool Task::active() const {
  return life.phase == projection::Phase::running || life.phase == projection::Phase::paused;
}

std::optional<Timestamp> Task::oldest_snapshot() const {
  const auto oldest = std::min_element(
      snapshots.begin(), snapshots.end(),
      [](const OpenSnapshot& a, const OpenSnapshot& b) { return a.created_at < b.created_at; });
  return oldest == snapshots.end() ? std::nullopt : std::optional{oldest->created_at};
}

std::string Metrics::key(const Event& event) const {
  const bool counts =
      is_delivery(event.type) || is_counted_task(event.type) || (rules && any_rule_for(*rules, event.type));
  return counts ? event.subject : std::string{};
}

void Metrics::step(Task& task, const Event& event, Outputs& out) const {
  out.at = event.time;
  out.trace_id = trace_of(event);
  if (!is_counted_task(event.type)) {
    if (!task.others.insert(event)) return;
    if (is_delivery(event.type)) count_delivery(event, out);
    if (rules) apply_rules(*rules, event, out);
    return;
  }
  const Change change = projection::fold_life(task.life, event);
  if (change.verdict == projection::Verdict::duplicate || change.verdict == projection::Verdict::ignored)
    return;
  // The first told stay for good: a series must not change its labels while its task runs. A mode may be told
  // until the first attempt counts.
  if (task.provider.empty()) {
    task.provider = *event.data.provider;
    out.increments.push_back({{retries, {task.provider}}, 0});
  }
  if (task.mode.empty() && (event.data.mode || change.began)) task.mode = or_unknown(event.data.mode);
  if (change.new_attempt) task.current_stage.clear();
  if (change.current() && event.type == Type::stage_started) task.current_stage = *event.data.stage;
  count_lifecycle(task, event, change, out);
  follow(task, event);
  if (rules) apply_rules(*rules, event, out);
}

}  // namespace godwit::metrics_view
