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

void write_stage(json::Writer& out, std::string_view name, const Stage& stage, bool stalled) {
  out.begin_object().member("stage", name).member("status", to_string(stage.status));
  out.member("start_time", maybe_time(stage.started_at)).member_if("end_time", maybe_time(stage.ended_at));
  out.member("percentage", percent(stage.ratio))
      .member("bytes_total", stage.bytes_total)
      .member("bytes_done", stage.bytes_done);
  out.member("rate", stalled ? std::nullopt : whole(stage_bytes_per_second(stage)))
      .member("average_rate", whole(stage_average_rate(stage)))
      .member("eta", stalled ? std::nullopt : whole(stage_eta_seconds(stage)))
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

void write_disk(json::Writer& out, std::int64_t index, const DiskProgress& disk, bool stalled) {
  out.begin_object().member("disk_index", index).member("status", to_string(disk.status));
  out.member_if("start_time", maybe_time(disk.started_at)).member_if("end_time", maybe_time(disk.ended_at));
  out.member("percentage", percent(disk.ratio))
      .member("bytes_done", disk.bytes_done)
      .member("bytes_total", disk.bytes_total);
  const auto eta = stalled ? std::nullopt : whole(disk_eta_seconds(disk));
  out.member("rate", eta ? whole(disk.rate.bytes_per_second) : std::nullopt).member("eta", eta).end_object();
}

void write_rounds(json::Writer& out, const Task& task) {
  out.key("rounds").begin_array();
  for (const auto& [iteration, round] : task.rounds) {
    out.begin_object().member("iteration", iteration).member("status", to_string(round.status));
    out.member("start_time", maybe_time(round.started_at)).member("end_time", maybe_time(round.ended_at));
    out.member("percentage", percent(round.ratio)).member("delta_bytes", round.delta_bytes);
    out.member("bytes_done", round.bytes_done)
        .member("bytes_total", round.bytes_total)
        .member("dirty_bytes_per_second", round.dirty_bytes_per_second)
        .end_object();
  }
  out.end_array();
}

void write_warm(json::Writer& out, const Task& task) {
  const Downtime& down = task.downtime;
  if (task.rounds.empty() && down == Downtime{}) return;
  out.key("warm").begin_object();
  write_rounds(out, task);
  out.member("cutover_start_time", maybe_time(down.cutover_started_at))
      .member("cutover_end_time", maybe_time(down.cutover_ended_at))
      .member("downtime_start_time", maybe_time(down.started_at));
  out.member("downtime_end_time", maybe_time(down.ended_at))
      .member("downtime_ms", downtime_ms(down))
      .member("final_delta_bytes", down.final_delta_bytes)
      .end_object();
}

void write_transitions(json::Writer& out, const Task& task) {
  out.key("transitions").begin_array();
  for (const Transition& each : task.transitions)
    out.begin_object().member("status", each.status).member("time", format_rfc3339(each.at)).end_object();
  out.end_array();
}

// Speed over the gap before each sample, null where none can be told.
void write_samples(json::Writer& out, const Samples& samples) {
  out.key("samples").begin_array();
  const Sample* before = nullptr;
  for (const Sample& sample : samples.all) {
    out.begin_object().member("time", format_rfc3339(sample.at)).member("percentage", sample.ratio * 100);
    out.member("bytes_done", sample.bytes);
    std::optional<std::int64_t> rate;
    if (before != nullptr && sample.bytes && before->bytes && *sample.bytes >= *before->bytes)
      rate = (*sample.bytes - *before->bytes) * 1000 /
             std::max<std::int64_t>(1, (sample.at - before->at).count());
    out.member("rate", rate).end_object();
    before = &sample;
  }
  out.end_array();
}

void write_head(json::Writer& out, const std::string& task_id, const Task& task, bool stalled,
                const Weights& weights) {
  const auto text = [](const std::string& value) {
    return value.empty() ? std::nullopt : std::optional{value};
  };
  out.member("task_id", task_id).member("vm_name", task.vm_name).member("provider", task.provider);
  out.member_if("user", text(task.user))
      .member_if("plan_id", text(task.plan_id))
      .member_if("plan_name", text(task.plan_name));
  out.member_if("host", text(task.host)).member_if("mode", text(task.mode));
  out.member("status", status_name(task)).member("attempt", task.life.attempt);
  out.member("start_time", maybe_time(task.life.began_at))
      .member("updated_time", format_rfc3339(task.life.updated_at));
  out.member_if("end_time", maybe_time(task.life.ended_at)).member("current_stage", task.current_stage);
  const auto planned = task.plan.empty() ? 3 : static_cast<std::int64_t>(task.plan.size());
  out.member("total_stages", task.total_stages.value_or(planned))
      .member("stage_index", task.current_index.value_or(0));
  out.member("percentage", percentage(task, weights))
      .member("eta", stalled ? std::nullopt : whole(eta_seconds(task, weights)));
  const Stage* stage = find_stage(task, task.current_stage);
  const bool running = task.life.phase == projection::Phase::running && stage != nullptr;
  out.member("rate", running && !stalled ? whole(stage_bytes_per_second(*stage)) : std::nullopt);
  out.member("average_rate", stage != nullptr ? whole(stage_average_rate(*stage)) : std::nullopt)
      .member("bytes_done", bytes_done(task));
}

}  // namespace

std::string api_json(const std::string& task_id, const Task& task, bool stalled, const Weights& weights) {
  json::Writer out;
  out.begin_object();
  write_head(out, task_id, task, stalled, weights);
  out.member("stalled", stalled);
  for (const auto& [member, stage_name] : {std::pair{"export_progress", "export"},
                                           {"conversion_progress", "conversion"},
                                           {"upload_progress", "upload"}}) {
    const Stage* stage = find_stage(task, stage_name);
    if (stage == nullptr) continue;
    out.key(member);
    write_stage(out, stage_name, *stage, stalled);
  }
  out.key("stages").begin_array();
  for (const auto& [name, stage] : in_order(task)) write_stage(out, name, stage, stalled);
  out.end_array().key("disks").begin_array();
  for (const auto& [index, disk] : task.disks) write_disk(out, index, disk, stalled);
  out.end_array();
  write_transitions(out, task);
  write_warm(out, task);
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

std::string timeline_json(const std::string& task_id, const Task& task) {
  json::Writer out;
  out.begin_object().member("task_id", task_id).member("status", status_name(task));
  out.member("attempt", task.life.attempt)
      .member("start_time", maybe_time(task.life.began_at))
      .member("end_time", maybe_time(task.life.ended_at));
  write_transitions(out, task);
  out.key("stages").begin_array();
  for (const auto& [name, stage] : in_order(task)) {
    out.begin_object().member("stage", name).member("status", to_string(stage.status));
    out.member("start_time", maybe_time(stage.started_at)).member("end_time", maybe_time(stage.ended_at));
    out.member("percentage", percent(stage.ratio)).member("average_rate", whole(stage_average_rate(stage)));
    write_samples(out, stage.samples);
    out.end_object();
  }
  out.end_array();
  write_rounds(out, task);
  out.end_object();
  return out.take();
}

}  // namespace godwit::progress
