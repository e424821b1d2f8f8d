#include "story.h"

#include "consumers/dashboard/state_json.h"

namespace godwit::test {

event::Event Story::make(event::Type type, std::int64_t at) {
  event::Event event;
  event.id = task_id_ + "-" + std::to_string(++made_);
  event.source = "/workers/test";
  event.subject = task_id_;
  event.type = type;
  event.type_name = type == event::Type::unknown ? "io.example.unknown" : event::full_type(type);
  event.time = noon + std::chrono::seconds{at};
  event.data.attempt = attempt;
  event.data.vm_name = vm_name;
  event.data.provider = provider;
  return event;
}

event::Event Story::completed(std::int64_t at, std::int64_t seconds) {
  auto event = make(event::Type::task_completed, at);
  event.data.duration_ms = seconds * 1000;
  return event;
}

event::Event Story::failed(std::int64_t at, const std::string& message) {
  auto event = make(event::Type::task_failed, at);
  event.data.error.emplace();
  event.data.error->code = "FAILED";
  event.data.error->message = message;
  return event;
}

event::Event Story::stage(event::Type type, std::int64_t at, const std::string& stage) {
  auto event = make(type, at);
  event.data.stage = stage;
  event.data.stage_index = 0;
  event.data.total_stages = 3;
  if (type == event::Type::stage_completed) event.data.duration_ms = 1000;
  return event;
}

event::Event Story::tick(std::int64_t at, const std::string& stage, double percentage) {
  auto event = make(event::Type::stage_progress, at);
  event.data.stage = stage;
  event.data.percentage = percentage;
  return event;
}

Folded fold(const std::vector<event::Event>& events) {
  Folded folded;
  for (const auto& event : events) {
    dashboard::Dashboard::Outputs out;
    dashboard::Dashboard{}.step(folded.task, event, out);
    if (out.addition) folded.counters += out.addition->counters;
    folded.task = dashboard::read_store_json(dashboard::store_json(folded.task));
  }
  return folded;
}

}  // namespace godwit::test
