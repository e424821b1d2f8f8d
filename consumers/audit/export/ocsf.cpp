#include "consumers/audit/export/ocsf.h"

#include <algorithm>
#include <array>

#include "common/json/writer.h"
#include "common/service/version.h"
#include "consumers/audit/entry_json.h"
#include "consumers/audit/export/address.h"

namespace godwit::audit {
namespace {

constexpr std::int64_t category_application = 6;
constexpr std::int64_t class_api_activity = 6003;
constexpr std::int64_t types_per_class = 100;
constexpr std::int64_t ns_per_ms = 1'000'000;

struct Activity {
  std::string_view word;  // a method, or what an action begins with
  std::int64_t id;
  std::string_view name;
};
constexpr std::array activities{
    Activity{"POST", 1, "Create"}, Activity{"GET", 2, "Read"},     Activity{"HEAD", 2, "Read"},
    Activity{"PUT", 3, "Update"},  Activity{"PATCH", 3, "Update"}, Activity{"DELETE", 4, "Delete"},
};
constexpr std::int64_t other_activity = 99;

// What was called is known of API calls alone; all else is told by the name of its action.
Activity activity_of(const AuditEntry& entry) {
  const std::string& method = entry.details.method.value_or("");
  const auto known = std::find_if(activities.begin(), activities.end(),
                                  [&](const Activity& each) { return each.word == method; });
  return known == activities.end() ? Activity{"", other_activity, entry.action} : *known;
}

void write_outcome(json::Writer& out, const AuditEntry& entry) {
  out.member("severity_id", entry.success ? 1 : 3)
      .member("severity", entry.success ? "Informational" : "Medium");
  out.member("status_id", entry.success ? 1 : 2).member("status", entry.success ? "Success" : "Failure");
  out.member_if("status_detail", entry.error);
  if (entry.details.status_code) out.member("status_code", std::to_string(*entry.details.status_code));
}

void write_metadata(json::Writer& out, const AuditEntry& entry, const Row& row) {
  out.key("metadata").begin_object().member("version", ocsf_version);
  out.key("product").begin_object().member("name", "godwit-audit").member("vendor_name", "Godwit");
  out.member("version", service::version).end_object();
  out.member("uid", entry.event_id).member("event_code", entry.event_type).member("log_name", row.topic);
  out.member("original_time", format_rfc3339(entry.timestamp)).member_if("correlation_uid", entry.task_id);
  out.end_object();
}

// Whoever told of it stands in for a user or an address that nobody told.
void write_actor(json::Writer& out, const AuditEntry& entry, const std::string& source) {
  out.key("actor").begin_object();
  if (entry.user && !entry.user->empty())
    out.key("user").begin_object().member("name", *entry.user).end_object();
  out.member("app_name", source).end_object();
  out.key("src_endpoint").begin_object();
  if (entry.ip_address && kind_of_address(*entry.ip_address) != AddressKind::other)
    out.member("ip", *entry.ip_address);
  out.member("svc_name", source).end_object();
}

void write_resource(json::Writer& out, std::string_view type, const std::optional<std::string>& name) {
  if (name && !name->empty()) out.begin_object().member("name", *name).member("type", type).end_object();
}

void write_resources(json::Writer& out, const AuditEntry& entry) {
  out.key("resources").begin_array();
  write_resource(out, "vm", entry.vm_name);
  write_resource(out, "task", entry.task_id);
  write_resource(out, "plan", entry.details.plan_id);
  for (const std::string& resource : entry.resources) write_resource(out, "resource", resource);
  out.end_array();
}

void write_request(json::Writer& out, const AuditEntry& entry) {
  if (!entry.user_agent && !entry.details.method) return;
  out.key("http_request").begin_object().member_if("user_agent", entry.user_agent);
  out.member_if("http_method", entry.details.method).end_object();
}

void write_unmapped(json::Writer& out, const AuditEntry& entry, const Row& row) {
  out.key("unmapped").begin_object().member_if("provider", entry.provider).member_if("stage", entry.stage);
  out.member_if("attempt", entry.attempt)
      .member("topic", row.topic)
      .member("partition", std::int64_t{row.partition});
  out.member("offset", row.offset).member("duplicate", row.duplicate).member("event_status", entry.status);
  if (const std::string details = details_json(entry); !details.empty()) out.member_raw("details", details);
  if (entry.changes_json) out.member_raw("changes", *entry.changes_json);
  out.end_object();
}

}  // namespace

std::string ocsf_line(const AuditEntry& entry, const Row& row) {
  const Activity activity = activity_of(entry);
  const std::string source = entry.source.value_or(row.topic);
  json::Writer out;
  out.begin_object().member("activity_id", activity.id).member("activity_name", activity.name);
  out.member("category_uid", category_application).member("category_name", "Application Activity");
  out.member("class_uid", class_api_activity).member("class_name", "API Activity");
  out.member("type_uid", class_api_activity * types_per_class + activity.id);
  out.member("time", to_unix_ms(entry.timestamp)).member_if("message", entry.description);
  if (entry.duration_ns) out.member("duration", *entry.duration_ns / ns_per_ms);
  write_outcome(out, entry);
  write_metadata(out, entry, row);
  write_actor(out, entry, source);
  out.key("api").begin_object().member("operation", entry.event_type).end_object();
  write_request(out, entry);
  write_resources(out, entry);
  write_unmapped(out, entry, row);
  out.end_object();
  return out.take();
}

}  // namespace godwit::audit
