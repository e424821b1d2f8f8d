#include "consumers/dashboard/state_json.h"

#include "common/json/fields.h"
#include "common/json/writer.h"
#include "common/projection/life_json.h"

namespace godwit::dashboard {
namespace {

void write_lists(json::Writer& out, const Task& task) {
  out.key("plan").begin_array();
  for (const event::StagePlan& planned : task.plan)
    out.begin_object().member("stage", planned.stage).member_if("weight", planned.weight).end_object();
  out.end_array().key("stages").begin_array();
  for (const auto& [name, stage] : task.stages) {
    out.begin_object().member("name", name).member_if("ratio", stage.ratio);
    out.member_if("bytes_done", stage.bytes_done).member_if("bytes_total", stage.bytes_total);
    out.member("bytes_final", stage.bytes_final).end_object();
  }
  out.end_array().key("bytes_by_attempt").begin_array();
  for (const auto& [attempt, bytes] : task.bytes_by_attempt) {
    out.begin_object().member("attempt", attempt).member("exported", bytes[0]);
    out.member("converted", bytes[1]).member("uploaded", bytes[2]).end_object();
  }
  out.end_array();
}

void read_lists(const json::Object& in, Task& task) {
  in.each("plan", [&](const rapidjson::Value& value) {
    const json::Object planned{value};
    task.plan.push_back({planned.text("stage").value_or(""), planned.number("weight")});
  });
  in.each("stages", [&](const rapidjson::Value& value) {
    const json::Object stage{value};
    task.stages[stage.text("name").value_or("")] = {stage.number("ratio"), stage.integer("bytes_done"),
                                                    stage.integer("bytes_total"), stage.flag("bytes_final")};
  });
  in.each("bytes_by_attempt", [&](const rapidjson::Value& value) {
    const json::Object bytes{value};
    task.bytes_by_attempt[bytes.integer("attempt").value_or(0)] = {bytes.integer("exported").value_or(0),
                                                                   bytes.integer("converted").value_or(0),
                                                                   bytes.integer("uploaded").value_or(0)};
  });
}

}  // namespace

std::string store_json(const Task& task) {
  json::Writer out;
  out.begin_object().key("life");
  projection::write_life(out, task.life);
  out.member("identified", task.identified).member("vm_name", task.vm_name).member("provider", task.provider);
  if (!task.plan_id.empty()) out.member("plan_id", task.plan_id);
  out.member("current_stage", task.current_stage).member_if("stage_index", task.stage_index);
  out.member_if("total_stages", task.total_stages).member_if("error", task.error);
  out.member_if("duration_ms", task.duration_ms);
  write_lists(out, task);
  out.end_object();
  return out.take();
}

Task read_store_json(std::string_view text) {
  Task task;
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  GODWIT_CHECK(!document.HasParseError(), "a stored task is no JSON at byte {}", document.GetErrorOffset());
  const json::Object in{document};
  if (const auto* life = in.find("life")) task.life = projection::read_life(*life);
  task.identified = in.flag("identified");
  task.vm_name = in.text("vm_name").value_or("");
  task.provider = in.text("provider").value_or("");
  task.plan_id = in.text("plan_id").value_or("");
  task.current_stage = in.text("current_stage").value_or("");
  task.stage_index = in.integer("stage_index");
  task.total_stages = in.integer("total_stages");
  task.error = in.text("error");
  task.duration_ms = in.integer("duration_ms");
  read_lists(in, task);
  return task;
}

}  // namespace godwit::dashboard
