#include "common/event/catalogue.h"

#include <array>
#include <string>
#include <unordered_map>

#include "common/base/check.h"

namespace godwit::event {
namespace {

using enum Type;
using enum Topic;
using enum SubjectKind;

constexpr auto table = std::to_array<TypeInfo>({
    {plan_created, "plan.created", lifecycle, plan_id, ""},
    {plan_started, "plan.started", lifecycle, plan_id, ""},
    {plan_completed, "plan.completed", lifecycle, plan_id, ""},
    {plan_failed, "plan.failed", lifecycle, plan_id, ""},
    {plan_cancelled, "plan.cancelled", lifecycle, plan_id, ""},
    {task_queued, "task.queued", lifecycle, task_id, ""},
    {task_started, "task.started", lifecycle, task_id, ""},
    {task_completed, "task.completed", lifecycle, task_id, "duration_ms"},
    {task_failed, "task.failed", lifecycle, task_id, "error"},
    {task_cancelled, "task.cancelled", lifecycle, task_id, ""},
    {task_paused, "task.paused", lifecycle, task_id, ""},
    {task_resumed, "task.resumed", lifecycle, task_id, ""},
    {task_removed, "task.removed", lifecycle, task_id, ""},
    {task_heartbeat, "task.heartbeat", progress, task_id, ""},
    {cancel_requested, "cancel.requested", lifecycle, task_id, ""},
    {retry_scheduled, "retry.scheduled", lifecycle, task_id, "next_attempt delay_ms"},
    {stage_started, "stage.started", lifecycle, task_id, "stage stage_index total_stages"},
    {stage_completed, "stage.completed", lifecycle, task_id, "stage duration_ms"},
    {stage_failed, "stage.failed", lifecycle, task_id, "stage error"},
    {stage_skipped, "stage.skipped", lifecycle, task_id, "stage"},
    {stage_progress, "stage.progress", progress, task_id, "stage"},
    {disk_started, "disk.started", lifecycle, task_id, "disk_index"},
    {disk_completed, "disk.completed", lifecycle, task_id, "disk_index"},
    {disk_failed, "disk.failed", lifecycle, task_id, "disk_index error"},
    {disk_progress, "disk.progress", progress, task_id, "stage disk_index"},
    {validation_started, "validation.started", lifecycle, task_id, ""},
    {validation_completed, "validation.completed", lifecycle, task_id, ""},
    {validation_failed, "validation.failed", lifecycle, task_id, "error"},
    {warning_raised, "warning.raised", lifecycle, task_id, "message"},
    {error_raised, "error.raised", lifecycle, task_id, "error"},
    {snapshot_created, "snapshot.created", lifecycle, task_id, "snapshot_id"},
    {snapshot_removed, "snapshot.removed", lifecycle, task_id, "snapshot_id"},
    {precopy_started, "precopy.started", lifecycle, task_id, "iteration"},
    {precopy_completed, "precopy.completed", lifecycle, task_id, "iteration"},
    {precopy_failed, "precopy.failed", lifecycle, task_id, "iteration error"},
    {cutover_scheduled, "cutover.scheduled", lifecycle, task_id, ""},
    {cutover_requested, "cutover.requested", lifecycle, task_id, ""},
    {cutover_started, "cutover.started", lifecycle, task_id, ""},
    {cutover_completed, "cutover.completed", lifecycle, task_id, ""},
    {downtime_started, "downtime.started", lifecycle, task_id, ""},
    {downtime_ended, "downtime.ended", lifecycle, task_id, ""},
    {hook_started, "hook.started", lifecycle, task_id, "hook"},
    {hook_completed, "hook.completed", lifecycle, task_id, "hook"},
    {hook_failed, "hook.failed", lifecycle, task_id, "hook error"},
    {worker_registered, "worker.registered", activity, worker_id, "worker_id"},
    {worker_heartbeat, "worker.heartbeat", activity, worker_id, "worker_id"},
    {worker_lost, "worker.lost", activity, worker_id, "worker_id"},
    {audit_api_access, "audit.api_access", activity, actor, "method path status_code"},
    {audit_config_changed, "audit.config_changed", activity, actor, "config_type changes"},
    {audit_logged_in, "audit.logged_in", activity, actor, ""},
    {audit_access_denied, "audit.access_denied", activity, actor, ""},
    {audit_started, "audit.started", activity, actor, ""},
    {audit_stopped, "audit.stopped", activity, actor, ""},
    {audit_gap_detected, "audit.gap_detected", activity, actor, "resource reason"},
    {audit_segment_sealed, "audit.segment_sealed", activity, actor, "resource rows"},
    {audit_segment_pruned, "audit.segment_pruned", activity, actor, "resource rows"},
    {audit_record_redacted, "audit.record_redacted", activity, actor, "resource"},
    {delivery_succeeded, "delivery.succeeded", activity, task_id, "delivery_id endpoint"},
    {delivery_failed, "delivery.failed", activity, task_id, "delivery_id endpoint"},
    {delivery_exhausted, "delivery.exhausted", activity, task_id, "delivery_id endpoint"},
    {delivery_endpoint_disabled, "delivery.endpoint_disabled", activity, endpoint, "endpoint"},
    {alert_fired, "alert.fired", activity, dedup_key, "alert severity dedup_key"},
    {alert_resolved, "alert.resolved", activity, dedup_key, "alert severity dedup_key"},
});

constexpr std::string_view prefix = "io.godwit.";
constexpr std::string_view suffix = ".v1";

}  // namespace

std::span<const TypeInfo> catalogue() { return table; }

const TypeInfo& info(Type type) {
  // The table is in the order of the enumeration, `unknown` left out; a test holds it to that.
  const auto index = static_cast<std::size_t>(type);
  GODWIT_CHECK(index >= 1 && index <= table.size(), "no catalogue entry for type {}", index);
  return table[index - 1];
}

Type type_from_name(std::string_view full) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, Type> map;
    for (const TypeInfo& entry : table) map.emplace(entry.name, entry.type);
    return map;
  }();
  if (!full.starts_with(prefix) || !full.ends_with(suffix) || full.size() <= prefix.size() + suffix.size())
    return unknown;
  const auto found = by_name.find(full.substr(prefix.size(), full.size() - prefix.size() - suffix.size()));
  return found == by_name.end() ? unknown : found->second;
}

std::string full_type(Type type) { return std::string{prefix}.append(info(type).name).append(suffix); }

std::string_view topic_name(Topic topic) {
  switch (topic) {
    case lifecycle:
      return "migrations.lifecycle";
    case progress:
      return "migrations.progress";
    case activity:
      return "platform.activity";
  }
  return "";
}

std::string_view to_string(SubjectKind kind) {
  switch (kind) {
    case task_id:
      return "task_id";
    case plan_id:
      return "plan_id";
    case actor:
      return "actor";
    case worker_id:
      return "worker_id";
    case endpoint:
      return "endpoint";
    case dedup_key:
      return "dedup_key";
  }
  return "";
}

}  // namespace godwit::event
