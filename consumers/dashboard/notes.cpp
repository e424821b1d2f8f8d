#include "consumers/dashboard/notes.h"

#include <fmt/format.h>

namespace godwit::dashboard {
namespace {

using event::Data;
using event::Event;
using event::Type;

std::string text_or(const std::optional<std::string>& text, const std::string& otherwise) {
  return text && !text->empty() ? *text : otherwise;
}

std::string failure_text(const Data& data) { return data.error ? data.error->message : ""; }

// "task.failed" of "io.godwit.task.failed.v1".
std::string kind_of(const Event& event) {
  constexpr std::string_view prefix = "io.godwit.";
  constexpr std::size_t version_size = 3;  // ".v1"
  const std::string& type = event.type_name;
  if (type.size() <= prefix.size() + version_size) return type;
  return type.substr(prefix.size(), type.size() - prefix.size() - version_size);
}

struct Wording {
  const char* severity;
  std::string name;
  std::string text;
};

std::string alert_severity(const Data& data) {
  const std::string told = data.severity.value_or("");
  return told == "info" || told == "warning" ? told : "error";
}

std::optional<Wording> task_wording(const Event& event) {
  const Data& data = event.data;
  const std::string vm = text_or(data.vm_name, event.subject);
  switch (event.type) {
    case Type::task_failed:
      return Wording{"error", vm, failure_text(data)};
    case Type::error_raised:
      return Wording{"warning", vm, failure_text(data)};
    case Type::warning_raised:
      return Wording{"warning", vm, data.message.value_or("")};
    default:
      return std::nullopt;
  }
}

std::optional<Wording> wording_of(const Event& event) {
  const Data& data = event.data;
  const std::string plan = text_or(data.plan_name, event.subject);
  switch (event.type) {
    case Type::plan_completed:
      return Wording{"info", plan, "All its migrations ended well."};
    case Type::plan_failed:
      return Wording{"error", plan, text_or(data.message, "It ended with failed migrations.")};
    case Type::plan_cancelled:
      return Wording{"info", plan, text_or(data.message, "It was called off.")};
    case Type::delivery_exhausted:
      return Wording{"error", data.endpoint.value_or(""), "A webhook delivery was given up."};
    case Type::delivery_endpoint_disabled:
      return Wording{"error", event.subject, text_or(data.message, "A webhook endpoint was disabled.")};
    case Type::worker_lost:
      return Wording{"warning", event.subject, text_or(data.message, "A worker stopped answering.")};
    case Type::alert_fired:
      return Wording{"error", data.alert.value_or(""), data.message.value_or("")};
    default:
      return task_wording(event);
  }
}

struct PlanStage {
  int rank;
  const char* status;
};

std::optional<PlanStage> plan_stage(Type type) {
  switch (type) {
    case Type::plan_created:
      return PlanStage{1, "created"};
    case Type::plan_started:
      return PlanStage{2, "running"};
    case Type::plan_completed:
      return PlanStage{3, "completed"};
    case Type::plan_failed:
      return PlanStage{3, "failed"};
    case Type::plan_cancelled:
      return PlanStage{3, "cancelled"};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Note> note_of(const Event& event) {
  const auto wording = wording_of(event);
  if (!wording) return std::nullopt;
  const bool alert = event.type == Type::alert_fired;
  return Note{.at = event.time,
              .id = fmt::format("{:016x}", event::identity_hash(event)),
              .severity = alert ? alert_severity(event.data) : wording->severity,
              .kind = kind_of(event),
              .subject = event.subject,
              .name = wording->name,
              .text = projection::cut_text(wording->text, Note::text_bytes_max)};
}

std::optional<PlanNews> plan_news(const Event& event) {
  const auto stage = plan_stage(event.type);
  if (!stage) return std::nullopt;
  return PlanNews{.plan_id = event.subject,
                  .rank = stage->rank,
                  .status = stage->status,
                  .name = event.data.plan_name,
                  .vm_count = event.data.vm_count,
                  .at = event.time};
}

}  // namespace godwit::dashboard
