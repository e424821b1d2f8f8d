// The catalogue: every event type this build knows, its topic, whose name its subject is, and the data
// members it requires. schemas/catalogue.json says the same to everyone else; a test keeps the two equal.
#pragma once

#include <span>
#include <string_view>

namespace godwit::event {

enum class Type {
  unknown,
  plan_created,
  plan_started,
  plan_completed,
  plan_failed,
  plan_cancelled,
  task_queued,
  task_started,
  task_completed,
  task_failed,
  task_cancelled,
  task_paused,
  task_resumed,
  task_removed,
  task_heartbeat,
  cancel_requested,
  retry_scheduled,
  stage_started,
  stage_completed,
  stage_failed,
  stage_skipped,
  stage_progress,
  disk_started,
  disk_completed,
  disk_failed,
  disk_progress,
  validation_started,
  validation_completed,
  validation_failed,
  warning_raised,
  error_raised,
  snapshot_created,
  snapshot_removed,
  precopy_started,
  precopy_completed,
  precopy_failed,
  cutover_scheduled,
  cutover_requested,
  cutover_started,
  cutover_completed,
  downtime_started,
  downtime_ended,
  hook_started,
  hook_completed,
  hook_failed,
  worker_registered,
  worker_heartbeat,
  worker_lost,
  audit_api_access,
  audit_config_changed,
  audit_logged_in,
  audit_access_denied,
  audit_started,
  audit_stopped,
  audit_gap_detected,
  audit_segment_sealed,
  audit_segment_pruned,
  audit_record_redacted,
  delivery_succeeded,
  delivery_failed,
  delivery_exhausted,
  delivery_endpoint_disabled,
  alert_fired,
  alert_resolved,
};

enum class Topic { lifecycle, progress, activity };
enum class SubjectKind { task_id, plan_id, actor, worker_id, endpoint, dedup_key };

struct TypeInfo {
  Type type;
  std::string_view name;  // "task.started": the full type is "io.godwit." + name + ".v1"
  Topic topic;
  SubjectKind subject;
  std::string_view required;  // space-separated data members, beyond those every task or plan event requires
};

std::span<const TypeInfo> catalogue();
const TypeInfo& info(Type type);  // not for Type::unknown

// Type::unknown for anything the catalogue does not name.
Type type_from_name(std::string_view full_type);
std::string full_type(Type type);

std::string_view topic_name(Topic topic);
std::string_view to_string(SubjectKind kind);

}  // namespace godwit::event
