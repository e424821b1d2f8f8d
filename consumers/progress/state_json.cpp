#include "consumers/progress/state_json.h"

#include "common/json/fields.h"
#include "common/projection/life_json.h"

namespace godwit::progress {
namespace {

void write_rate(json::Writer& out, const Rate& rate) {
  out.begin_object()
      .member_if("at_ms", json::maybe_ms(rate.at))
      .member("ratio", rate.ratio)
      .member_if("bytes", rate.bytes);
  out.member_if("bytes_per_second", rate.bytes_per_second)
      .member_if("ratio_per_second", rate.ratio_per_second)
      .end_object();
}

Rate read_rate(const json::Object& in) {
  return {in.time_ms("at_ms"), in.number("ratio").value_or(0), in.number("bytes"),
          in.number("bytes_per_second"), in.number("ratio_per_second")};
}

// [ms since the one before, ratio, bytes], flat: there are many of them.
void write_samples(json::Writer& out, const Samples& samples) {
  if (samples.all.empty()) return;
  out.member("spacing_ms", std::int64_t{samples.spacing.count()}).key("samples").begin_array();
  Timestamp before{};
  for (const Sample& sample : samples.all) {
    out.value(std::int64_t{(sample.at - before).count()}).value(sample.ratio).value(sample.bytes);
    before = sample.at;
  }
  out.end_array();
}

Samples read_samples(const json::Object& in) {
  Samples out;
  out.spacing = Millis{in.integer("spacing_ms").value_or(Samples::spacing_first.count())};
  int part = 0;
  Timestamp before{};
  in.each("samples", [&](const rapidjson::Value& value) {
    if (part == 0) {
      before += Millis{value.GetInt64()};
      out.all.push_back({.at = before, .ratio = 0, .bytes = {}});
    } else if (part == 1) {
      out.all.back().ratio = value.GetDouble();
    } else if (value.IsInt64()) {
      out.all.back().bytes = value.GetInt64();
    }
    part = (part + 1) % 3;
  });
  return out;
}

void write_stage(json::Writer& out, const std::string& name, const Stage& stage) {
  out.begin_object().member("name", name).member("status", to_string(stage.status));
  out.member_if("started_ms", json::maybe_ms(stage.started_at))
      .member_if("ended_ms", json::maybe_ms(stage.ended_at))
      .member_if("index", stage.index);
  out.member_if("ratio", stage.ratio)
      .member_if("bytes_done", stage.bytes_done)
      .member_if("bytes_total", stage.bytes_total);
  out.member("bytes_final", stage.bytes_final).member_if("message", stage.message).key("rate");
  write_rate(out, stage.rate);
  write_samples(out, stage.samples);
  out.end_object();
}

StageStatus status_from(const std::string& text) {
  for (const StageStatus status :
       {StageStatus::running, StageStatus::completed, StageStatus::failed, StageStatus::skipped})
    if (to_string(status) == text) return status;
  return StageStatus::pending;
}

Stage read_stage(const json::Object& in) {
  Stage stage;
  stage.status = status_from(in.text("status").value_or(""));
  stage.started_at = in.time_ms("started_ms");
  stage.ended_at = in.time_ms("ended_ms");
  stage.index = in.integer("index");
  stage.ratio = in.number("ratio");
  stage.bytes_done = in.integer("bytes_done");
  stage.bytes_total = in.integer("bytes_total");
  stage.bytes_final = in.flag("bytes_final");
  stage.message = in.text("message");
  if (const auto* rate = in.find("rate")) stage.rate = read_rate(json::Object{*rate});
  stage.samples = read_samples(in);
  return stage;
}

void write_error(json::Writer& out, const event::Failure& error) {
  out.begin_object()
      .member("code", error.code)
      .member("message", error.message)
      .member_if("retryable", error.retryable);
  out.member_if("class", error.error_class)
      .member_if("phase", error.phase)
      .member_if("exit_code", error.exit_code);
  out.member_if("signal", error.signal).member_if("stderr_tail", error.stderr_tail).end_object();
}

event::Failure read_error(const json::Object& in) {
  return {in.text("code").value_or(""),
          in.text("message").value_or(""),
          in.maybe_flag("retryable"),
          in.text("class"),
          in.text("phase"),
          in.integer("exit_code"),
          in.integer("signal"),
          in.text("stderr_tail")};
}

void write_lists(json::Writer& out, const Task& task) {
  out.key("plan").begin_array();
  for (const event::StagePlan& planned : task.plan)
    out.begin_object().member("stage", planned.stage).member_if("weight", planned.weight).end_object();
  out.end_array().key("stages").begin_array();
  for (const auto& [name, stage] : task.stages) write_stage(out, name, stage);
  out.end_array().key("disks").begin_array();
  for (const auto& [index, disk] : task.disks) {
    out.begin_object().member("index", index).member("status", to_string(disk.status));
    out.member_if("started_ms", json::maybe_ms(disk.started_at))
        .member_if("ended_ms", json::maybe_ms(disk.ended_at))
        .member_if("ratio", disk.ratio);
    out.member_if("bytes_done", disk.bytes_done).member_if("bytes_total", disk.bytes_total).key("rate");
    write_rate(out, disk.rate);
    out.end_object();
  }
  out.end_array().key("warnings").begin_array();
  for (const std::string& warning : task.warnings) out.value(warning);
  out.end_array();
}

void read_lists(const json::Object& in, Task& task) {
  in.each("plan", [&](const rapidjson::Value& value) {
    const json::Object planned{value};
    task.plan.push_back({planned.text("stage").value_or(""), planned.number("weight")});
  });
  in.each("stages", [&](const rapidjson::Value& value) {
    const json::Object stage{value};
    task.stages[stage.text("name").value_or("")] = read_stage(stage);
  });
  in.each("disks", [&](const rapidjson::Value& value) {
    const json::Object disk{value};
    DiskProgress& to = task.disks[disk.integer("index").value_or(0)];
    to.status = status_from(disk.text("status").value_or(""));
    to.started_at = disk.time_ms("started_ms");
    to.ended_at = disk.time_ms("ended_ms");
    to.ratio = disk.number("ratio");
    to.bytes_done = disk.integer("bytes_done");
    to.bytes_total = disk.integer("bytes_total");
    if (const auto* rate = disk.find("rate")) to.rate = read_rate(json::Object{*rate});
  });
  in.each("warnings", [&](const rapidjson::Value& value) {
    task.warnings.emplace_back(value.GetString(), value.GetStringLength());
  });
}

void write_warm(json::Writer& out, const Task& task) {
  out.key("rounds").begin_array();
  for (const auto& [iteration, round] : task.rounds) {
    out.begin_object().member("iteration", iteration).member("status", to_string(round.status));
    out.member_if("started_ms", json::maybe_ms(round.started_at))
        .member_if("ended_ms", json::maybe_ms(round.ended_at))
        .member_if("ratio", round.ratio)
        .member_if("delta_bytes", round.delta_bytes);
    out.member_if("bytes_done", round.bytes_done)
        .member_if("bytes_total", round.bytes_total)
        .member_if("dirty_bytes_per_second", round.dirty_bytes_per_second)
        .end_object();
  }
  const Downtime& down = task.downtime;
  out.end_array().key("downtime").begin_object();
  out.member_if("cutover_started_ms", json::maybe_ms(down.cutover_started_at))
      .member_if("cutover_ended_ms", json::maybe_ms(down.cutover_ended_at))
      .member_if("started_ms", json::maybe_ms(down.started_at));
  out.member_if("ended_ms", json::maybe_ms(down.ended_at))
      .member_if("told_ms", down.told_ms)
      .member_if("final_delta_bytes", down.final_delta_bytes)
      .end_object();
}

void read_warm(const json::Object& in, Task& task) {
  in.each("rounds", [&](const rapidjson::Value& value) {
    const json::Object round{value};
    WarmRound& to = task.rounds[round.integer("iteration").value_or(0)];
    to.status = status_from(round.text("status").value_or(""));
    to.started_at = round.time_ms("started_ms");
    to.ended_at = round.time_ms("ended_ms");
    to.ratio = round.number("ratio");
    to.delta_bytes = round.integer("delta_bytes");
    to.bytes_done = round.integer("bytes_done");
    to.bytes_total = round.integer("bytes_total");
    to.dirty_bytes_per_second = round.number("dirty_bytes_per_second");
  });
  const auto* value = in.find("downtime");
  if (value == nullptr) return;
  const json::Object down{*value};
  task.downtime = {down.time_ms("cutover_started_ms"),
                   down.time_ms("cutover_ended_ms"),
                   down.time_ms("started_ms"),
                   down.time_ms("ended_ms"),
                   down.integer("told_ms"),
                   down.integer("final_delta_bytes")};
}

void write_transitions(json::Writer& out, const Task& task) {
  out.key("transitions").begin_array();
  for (const Transition& each : task.transitions) out.value(each.status).value(to_unix_ms(each.at));
  out.end_array();
}

void read_transitions(const json::Object& in, Task& task) {
  in.each("transitions", [&](const rapidjson::Value& value) {
    if (value.IsString())
      task.transitions.push_back({value.GetString(), Timestamp{}});
    else
      task.transitions.back().at = from_unix_ms(value.GetInt64());
  });
}

void write_batch(json::Writer& out, const Batch& batch) {
  out.begin_object().member("name", batch.name).member("phase", to_string(batch.phase));
  out.member_if("vm_count", batch.vm_count).member_if("max_parallel", batch.max_parallel);
  out.member_if("created_ms", json::maybe_ms(batch.created_at))
      .member_if("started_ms", json::maybe_ms(batch.started_at))
      .member_if("ended_ms", json::maybe_ms(batch.ended_at));
  out.member("updated_ms", to_unix_ms(batch.updated_at)).end_object();
}

Batch read_batch(const json::Object& in) {
  Batch out;
  out.name = in.text("name").value_or("");
  out.phase = projection::phase_from(in.text("phase").value_or("")).value_or(projection::Phase::pending);
  out.vm_count = in.integer("vm_count");
  out.max_parallel = in.integer("max_parallel");
  out.created_at = in.time_ms("created_ms");
  out.started_at = in.time_ms("started_ms");
  out.ended_at = in.time_ms("ended_ms");
  out.updated_at = in.time_ms("updated_ms").value_or(Timestamp{});
  return out;
}

}  // namespace

std::string store_json(const Task& task) {
  json::Writer out;
  out.begin_object().key("life");
  projection::write_life(out, task.life);
  out.member("identified", task.identified).member("vm_name", task.vm_name).member("provider", task.provider);
  out.member("user", task.user).member("plan_id", task.plan_id).member("host", task.host);
  out.member("plan_name", task.plan_name).member("mode", task.mode);
  out.member("current_stage", task.current_stage).member_if("current_index", task.current_index);
  out.member_if("total_stages", task.total_stages).member_if("metadata", task.metadata_json);
  if (task.error) {
    out.key("error");
    write_error(out, *task.error);
  }
  write_lists(out, task);
  write_warm(out, task);
  write_transitions(out, task);
  if (task.batch) {
    out.key("batch");
    write_batch(out, *task.batch);
  }
  out.end_object();
  return out.take();
}

Task read_store_json(std::string_view text) {
  Task task;
  if (text.empty()) return task;
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  GODWIT_CHECK(!document.HasParseError(), "a stored task is no JSON at byte {}", document.GetErrorOffset());
  const json::Object in{document};
  if (const auto* life = in.find("life")) task.life = projection::read_life(*life);
  task.identified = in.flag("identified");
  task.vm_name = in.text("vm_name").value_or("");
  task.provider = in.text("provider").value_or("");
  task.user = in.text("user").value_or("");
  task.plan_id = in.text("plan_id").value_or("");
  task.host = in.text("host").value_or("");
  task.plan_name = in.text("plan_name").value_or("");
  task.mode = in.text("mode").value_or("");
  task.current_stage = in.text("current_stage").value_or("");
  task.current_index = in.integer("current_index");
  task.total_stages = in.integer("total_stages");
  task.metadata_json = in.text("metadata");
  if (const auto* error = in.find("error")) task.error = read_error(json::Object{*error});
  read_lists(in, task);
  read_warm(in, task);
  read_transitions(in, task);
  if (const auto* batch = in.find("batch")) task.batch = read_batch(json::Object{*batch});
  return task;
}

}  // namespace godwit::progress
