#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "common/json/writer.h"
#include "consumers/progress/state_json.h"

namespace godwit::progress {
namespace {

std::optional<std::string> maybe_time(const std::optional<Timestamp>& time) {
  return time ? std::optional{format_rfc3339(*time)} : std::nullopt;
}

std::optional<std::int64_t> whole(const std::optional<double>& number) {
  return number ? std::optional{static_cast<std::int64_t>(std::llround(*number))} : std::nullopt;
}

std::optional<double> percent(const std::optional<double>& ratio) {
  return ratio ? std::optional{*ratio * 100} : std::nullopt;
}

void write_stage(json::Writer& out, std::string_view name, const Stage& stage) {
  out.begin_object().member("stage", name).member("status", to_string(stage.status));
  out.member("start_time", maybe_time(stage.started_at)).member_if("end_time", maybe_time(stage.ended_at));
  out.member("percentage", percent(stage.ratio))
      .member("bytes_total", stage.bytes_total)
      .member("bytes_done", stage.bytes_done);
  out.member("rate", whole(stage_bytes_per_second(stage)))
      .member("eta", whole(stage_eta_seconds(stage)))
      .member_if("message", stage.message);
  out.end_object();
}

// Stages in the order they began, by their index where that is the same millisecond; those only planned come
// last, as planned.
std::vector<std::pair<std::string, Stage>> in_order(const Task& task) {
  std::vector<std::pair<std::string, Stage>> out{task.stages.begin(), task.stages.end()};
  const auto place = [](const Stage& stage) {
    return std::pair{stage.started_at.value_or(Timestamp::max()),
                     stage.index.value_or(std::numeric_limits<std::int64_t>::max())};
  };
  std::stable_sort(out.begin(), out.end(),
                   [&place](const auto& a, const auto& b) { return place(a.second) < place(b.second); });
  for (const event::StagePlan& planned : task.plan)
    if (!task.stages.contains(planned.stage)) out.emplace_back(planned.stage, Stage{});
  return out;
}

void write_error(json::Writer& out, const event::Failure& error) {
  out.member("error", error.message).key("error_details").begin_object().member("code", error.code);
  out.member_if("class", error.error_class)
      .member_if("phase", error.phase)
      .member_if("retryable", error.retryable);
  out.member_if("exit_code", error.exit_code)
      .member_if("signal", error.signal)
      .member_if("stderr_tail", error.stderr_tail);
  out.end_object();
}

void write_head(json::Writer& out, const std::string& task_id, const Task& task) {
  const auto text = [](const std::string& value) {
    return value.empty() ? std::nullopt : std::optional{value};
  };
  out.member("task_id", task_id).member("vm_name", task.vm_name).member("provider", task.provider);
  out.member_if("user", text(task.user))
      .member_if("plan_id", text(task.plan_id))
      .member_if("host", text(task.host));
  out.member("status", status_name(task)).member("attempt", task.life.attempt);
  out.member("start_time", maybe_time(task.life.began_at))
      .member("updated_time", format_rfc3339(task.life.updated_at));
  out.member_if("end_time", maybe_time(task.life.ended_at)).member("current_stage", task.current_stage);
  const auto planned = task.plan.empty() ? 3 : static_cast<std::int64_t>(task.plan.size());
  out.member("total_stages", task.total_stages.value_or(planned))
      .member("stage_index", task.current_index.value_or(0));
  out.member("percentage", percentage(task)).member("eta", whole(eta_seconds(task)));
}

}  // namespace

std::string api_json(const std::string& task_id, const Task& task, bool stalled) {
  json::Writer out;
  out.begin_object();
  write_head(out, task_id, task);
  out.member("stalled", stalled);
  for (const auto& [member, stage_name] : {std::pair{"export_progress", "export"},
                                           {"conversion_progress", "conversion"},
                                           {"upload_progress", "upload"}}) {
    const Stage* stage = find_stage(task, stage_name);
    if (stage == nullptr) continue;
    out.key(member);
    write_stage(out, stage_name, *stage);
  }
  out.key("stages").begin_array();
  for (const auto& [name, stage] : in_order(task)) write_stage(out, name, stage);
  out.end_array().key("disks").begin_array();
  for (const auto& [index, disk] : task.disks) {
    out.begin_object().member("disk_index", index).member("percentage", percent(disk.ratio));
    out.member("bytes_done", disk.bytes_done).member("bytes_total", disk.bytes_total).end_object();
  }
  out.end_array();
  if (task.error) write_error(out, *task.error);
  if (!task.warnings.empty()) {
    out.key("warnings").begin_array();
    for (const std::string& warning : task.warnings) out.value(warning);
    out.end_array();
  }
  if (task.metadata_json) out.member_raw("metadata", *task.metadata_json);
  out.end_object();
  return out.take();
}

}  // namespace godwit::progress
