// A task's state as JSON, for its row.
#include "common/base/check.h"
#include "common/json/fields.h"
#include "common/projection/life_json.h"
#include "consumers/metrics/tables.h"

namespace godwit::metrics_view {

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
  out.end_array().key("precopy").begin_object().member("attempt", task.precopy.attempt);
  out.member_if("delta_bytes", task.precopy.delta_bytes)
      .member("not_smaller", task.precopy.not_smaller)
      .end_object()
      .key("snapshots")
      .begin_array();
  for (const OpenSnapshot& snapshot : task.snapshots)
    out.begin_object()
        .member("id", snapshot.id)
        .member("created_ms", to_unix_ms(snapshot.created_at))
        .end_object();
  out.end_array().key("others").begin_array();
  for (const std::uint64_t hash : task.others.hashes()) out.value(hash);
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
  if (const auto* value = in.find("precopy")) {
    const json::Object precopy{*value};
    task.precopy = {precopy.integer("attempt").value_or(0), precopy.integer("delta_bytes"),
                    precopy.integer("not_smaller").value_or(0)};
  }
  in.each("snapshots", [&](const rapidjson::Value& value) {
    const json::Object snapshot{value};
    task.snapshots.push_back(
        {snapshot.text("id").value_or(""), snapshot.time_ms("created_ms").value_or(Timestamp{})});
  });
  std::vector<std::uint64_t> hashes;
  in.each("others", [&](const rapidjson::Value& value) { hashes.push_back(value.GetUint64()); });
  task.others = projection::Seen{std::move(hashes)};
  return task;
}

}  // namespace godwit::metrics_view
