#include "common/projection/life_json.h"

#include "common/json/fields.h"

namespace godwit::projection {

void write_life(json::Writer& out, const TaskLife& life) {
  out.begin_object()
      .member("attempt", life.attempt)
      .member("phase", to_string(life.phase))
      .member("removed", life.removed);
  out.member_if("began_ms", json::maybe_ms(life.began_at))
      .member_if("ended_ms", json::maybe_ms(life.ended_at));
  out.member("updated_ms", to_unix_ms(life.updated_at)).key("marks").begin_array();
  for (const AttemptMarks& marks : life.marks) {
    out.begin_object()
        .member("attempt", marks.attempt)
        .member("began", marks.began)
        .member("ended", marks.ended);
    out.member_if("began_ms", json::maybe_ms(marks.began_at)).end_object();
  }
  out.end_array().key("seen").begin_array();
  for (const std::uint64_t hash : life.seen.hashes()) out.value(hash);
  out.end_array().end_object();
}

TaskLife read_life(const rapidjson::Value& value) {
  const json::Object in{value};
  TaskLife life;
  life.attempt = in.integer("attempt").value_or(0);
  life.phase = phase_from(in.text("phase").value_or("")).value_or(Phase::pending);
  life.removed = in.flag("removed");
  life.began_at = in.time_ms("began_ms");
  life.ended_at = in.time_ms("ended_ms");
  life.updated_at = in.time_ms("updated_ms").value_or(Timestamp{});
  in.each("marks", [&](const rapidjson::Value& element) {
    const json::Object marks{element};
    life.marks.push_back({marks.integer("attempt").value_or(0), marks.flag("began"), marks.flag("ended"),
                          marks.time_ms("began_ms")});
  });
  std::vector<std::uint64_t> hashes;
  in.each("seen", [&](const rapidjson::Value& element) { hashes.push_back(element.GetUint64()); });
  life.seen = Seen{std::move(hashes)};
  return life;
}

}  // namespace godwit::projection
