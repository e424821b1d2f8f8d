#include "consumers/audit/projection.h"

#include <algorithm>
#include <limits>

#include "consumers/audit/naming.h"

namespace godwit::audit {
namespace {

using event::Event;
using event::SubjectKind;
using event::Type;

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr int http_error_min = 400;

bool succeeded(const Event& event) {
  switch (event.type) {
    case Type::audit_api_access:
      return *event.data.status_code < http_error_min;
    case Type::plan_failed:
    case Type::task_failed:
    case Type::stage_failed:
    case Type::disk_failed:
    case Type::validation_failed:
    case Type::precopy_failed:
    case Type::hook_failed:
    case Type::error_raised:
    case Type::worker_lost:
    case Type::audit_access_denied:
    case Type::audit_gap_detected:
    case Type::delivery_failed:
    case Type::delivery_exhausted:
    case Type::delivery_endpoint_disabled:
      return false;
    case Type::unknown:
      return !event.data.error && !event.type_name.ends_with(".failed.v1");
    default:
      return true;
  }
}

bool subject_is(const Event& event, SubjectKind kind) {
  return event.type != Type::unknown && event::info(event.type).subject == kind;
}

std::optional<std::string_view> task_of(const Event& event) {
  if (event.data.task_id) return *event.data.task_id;
  // The delivery of a plan's event has the plan as its subject.
  const bool is_plan = event.data.plan_id && *event.data.plan_id == event.subject;
  return subject_is(event, SubjectKind::task_id) && !is_plan ? std::optional<std::string_view>{event.subject}
                                                             : std::nullopt;
}

std::optional<std::string_view> user_of(const Event& event) {
  if (event.data.user) return *event.data.user;
  if (event.data.requested_by) return *event.data.requested_by;
  return subject_is(event, SubjectKind::actor) ? std::optional<std::string_view>{event.subject}
                                               : std::nullopt;
}

std::optional<std::int64_t> duration_of(const event::Data& data) {
  const auto ms = data.duration_ms ? data.duration_ms : data.latency_ms;
  if (!ms) return std::nullopt;
  constexpr std::int64_t ms_max = std::numeric_limits<std::int64_t>::max() / ns_per_ms;  // 292 years
  return std::min(*ms, ms_max) * ns_per_ms;
}

// Data without what the entry has fields for, and with the names that a stage's end has always had here.
event::Data details_of(const Event& event, const Members& members) {
  event::Data out = event.data;
  for (auto* text :
       {&out.task_id, &out.vm_name, &out.provider, &out.user, &out.ip_address, &out.user_agent, &out.stage})
    text->reset();
  out.attempt.reset();
  out.duration_ms.reset();
  std::erase_if(out.other, [](const event::OtherMember& member) { return member.name == "changes"; });
  if (event.type != Type::stage_completed) return out;
  const std::string& stage = *event.data.stage;
  if (stage == "export" && !out.bytes_exported) out.bytes_exported = out.bytes_done;
  if (stage == "upload" && !out.bytes_uploaded) out.bytes_uploaded = out.bytes_done;
  if (stage == "conversion") {
    for (event::OtherMember& member : out.other)
      if (member.name == "files") member.name = "converted_files";
    if (members.file_count && event::find_other(out, "file_count") == nullptr)
      out.other.push_back({"file_count", std::to_string(*members.file_count)});
  }
  return out;
}

std::vector<std::string> resources_of(const event::Data& data, const Members& members) {
  std::vector<std::string> out;
  for (const auto& text : {data.resource, members.source_uri, members.destination, data.target_vm_id,
                           data.snapshot_id, data.endpoint})
    if (text && !text->empty() && std::find(out.begin(), out.end(), *text) == out.end()) out.push_back(*text);
  return out;
}

}  // namespace

AuditEntry entry_of(const Event& event, const Members& members) {
  const event::Data& data = event.data;
  Naming naming = name_of(event);
  AuditEntry out;
  out.event_id = event.id;
  out.event_type = std::move(naming.event_type);
  out.timestamp = event.time;
  out.task_id = task_of(event);
  out.vm_name = data.vm_name;
  out.provider = data.provider;
  out.user = user_of(event);
  out.ip_address = data.ip_address;
  out.user_agent = data.user_agent;
  out.action = std::move(naming.action);
  out.description = description_of(event, members.destination.value_or(""));
  out.status = std::move(naming.status);
  out.duration_ns = duration_of(data);
  out.details = details_of(event, members);
  out.success = succeeded(event);
  if (data.error) out.error = data.error->message;
  out.resources = resources_of(data, members);
  if (const std::string* changes = event::find_other(data, "changes")) out.changes_json = *changes;
  out.source = event.source;
  out.attempt = data.attempt;
  out.stage = data.stage;
  out.destination = members.destination;
  return out;
}

Terms terms_of(const Event& event) {
  Terms out;
  out.event_type = name_of(event).event_type;
  out.timestamp = event.time;
  out.success = succeeded(event);
  out.event_id = event.id;
  out.source = event.source;
  out.task_id = task_of(event);
  out.vm_name = event.data.vm_name;
  out.provider = event.data.provider;
  out.user = user_of(event);
  out.ip_address = event.data.ip_address;
  out.stage = event.data.stage;
  out.plan_id = event.data.plan_id;
  return out;
}

Terms terms_of(const Unreadable& record) {
  Terms out;
  out.event_type = unparseable;
  out.timestamp = record.recorded_at;
  out.event_id = record.place;
  return out;
}

AuditEntry entry_of(const Unreadable& record) {
  AuditEntry out;
  out.event_id = record.place;
  out.event_type = unparseable;
  out.timestamp = record.recorded_at;
  out.action = unparseable;
  out.description = "A record that is no event";
  out.status = unparseable;
  out.success = false;
  out.error = record.refusal.message();
  out.details.reason = record.refusal.kind;
  out.details.other.push_back({"value_bytes", std::to_string(record.value_bytes)});
  return out;
}

}  // namespace godwit::audit
