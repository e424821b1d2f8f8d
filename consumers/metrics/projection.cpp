#include "consumers/metrics/projection.h"

#include <algorithm>

#include "consumers/metrics/series.h"

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
      {{bytes, {task.provider, mark.stage, ""}}, static_cast<std::uint64_t>(bytes_done - mark.bytes)});
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
  out.increments.push_back({{started, {task.provider, task.mode, ""}}, 1});
  for (const char* status : {"completed", "failed", "cancelled"})
    out.increments.push_back({{finished, {task.provider, task.mode, status}}, 0});
  for (const char* stage : {"export", "conversion", "upload"})
    out.increments.push_back({{bytes, {task.provider, stage, ""}}, 0});
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
      out.increments.push_back({{retries, {task.provider, "", ""}}, 1});
      break;
    case Type::downtime_ended:
      if (event.data.downtime_ms)
        out.observations.push_back({{cutover_downtime, {task.provider, "", ""}}, *event.data.downtime_ms});
      break;
    case Type::cutover_completed:
      if (event.data.iteration)
        out.observations.push_back({{precopy_iterations, {task.provider, "", ""}}, *event.data.iteration});
      break;
    default:
      break;
  }
}

}  // namespace

std::string Metrics::key(const Event& event) const {
  const bool counts =
      is_delivery(event.type) || (projection::is_task_event(event.type) && !projection::is_tick(event.type));
  return counts ? event.subject : std::string{};
}

void Metrics::step(Task& task, const Event& event, Outputs& out) const {
  if (is_delivery(event.type)) {
    if (!task.deliveries.insert(event)) return;
    const std::string outcome{event::info(event.type).name.substr(std::string_view{"delivery."}.size())};
    out.increments.push_back({{deliveries, {or_unknown(event.data.endpoint), outcome, ""}}, 1});
    return;
  }
  const Change change = projection::fold_life(task.life, event);
  if (change.verdict == projection::Verdict::duplicate || change.verdict == projection::Verdict::ignored)
    return;
  // The first told stay for good: a series must not change its labels while its task runs. A mode may be told
  // until the first attempt counts.
  if (task.provider.empty()) task.provider = *event.data.provider;
  if (task.mode.empty() && (event.data.mode || change.began)) task.mode = or_unknown(event.data.mode);
  if (change.new_attempt) task.current_stage.clear();
  if (change.current() && event.type == Type::stage_started) task.current_stage = *event.data.stage;
  count_lifecycle(task, event, change, out);
}

}  // namespace godwit::metrics_view
