// From an event to an audit entry: names, outcome, people, details.
#include <doctest/doctest.h>

#include <limits>
#include <set>

#include "consumers/audit/members.h"
#include "consumers/audit/naming.h"
#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
using event::Event;
using event::Type;

namespace {

Event stage_event(Type type, const std::string& stage) {
  Event out = task_event(type, "e-1");
  out.data.stage = stage;
  out.data.duration_ms = 1500;
  out.data.bytes_done = 4096;
  return out;
}

Event failed(Event event) {
  event.data.error = event::Failure{.code = "disk_full",
                                    .message = "No space left",
                                    .retryable = true,
                                    .error_class = {},
                                    .phase = {},
                                    .exit_code = 1,
                                    .signal = {},
                                    .stderr_tail = "last words"};
  return event;
}

// One row of a table of expectations.
struct Expected {
  Event event;
  const char* event_type;
  const char* action;
  const char* status;
  bool success;
  const char* description;
};

// What rows are found by is what the entry says.
void check_terms(const Event& event, const AuditEntry& entry) {
  const Terms terms = terms_of(event);
  CHECK(terms.event_type == entry.event_type);
  CHECK(terms.timestamp == entry.timestamp);
  CHECK(terms.success == entry.success);
  CHECK(terms.event_id == entry.event_id);
  CHECK(terms.source == entry.source);
  CHECK(terms.task_id == entry.task_id);
  CHECK(terms.vm_name == entry.vm_name);
  CHECK(terms.provider == entry.provider);
  CHECK(terms.user == entry.user);
  CHECK(terms.ip_address == entry.ip_address);
  CHECK(terms.stage == entry.stage);
  CHECK(terms.plan_id == event.data.plan_id);
}

void check(const Expected& expected) {
  const AuditEntry entry = make_entry(expected.event);
  CAPTURE(expected.event_type);
  check_terms(expected.event, entry);
  CHECK(entry.event_type == expected.event_type);
  CHECK(entry.action == expected.action);
  CHECK(entry.status == expected.status);
  CHECK(entry.success == expected.success);
  CHECK(entry.description.value_or("") == expected.description);
}

Event api_access(std::int64_t status_code) {
  Event out = actor_event(Type::audit_api_access, "e-1");
  out.data.method = "DELETE";
  out.data.path = "/api/v1/vms/7";
  out.data.status_code = status_code;
  out.data.latency_ms = 12;
  return out;
}

Event config_change() {
  Event out = actor_event(Type::audit_config_changed, "e-1");
  out.data.config_type = "webhook";
  out.data.other.push_back({"changes", R"({"url":{"old":null,"new":"***"}})"});
  return out;
}

Event warning(Type type) {
  Event out = task_event(type, "e-1");
  out.data.message = "slow disk";
  return out;
}

}  // namespace

TEST_CASE("the 13 inherited types have their names, actions, states and sentences") {
  check({task_event(Type::task_started, "e"), "migration_start", "start_migration", "started", true,
         "Started migration for VM web-1"});
  check({task_event(Type::task_completed, "e"), "migration_complete", "complete_migration", "completed", true,
         "Completed migration for VM web-1"});
  check({failed(task_event(Type::task_failed, "e")), "migration_failed", "fail_migration", "failed", false,
         "Failed migration for VM web-1"});
  check({stage_event(Type::stage_started, "export"), "export_start", "start_export", "started", true,
         "Started export for VM web-1"});
  check({stage_event(Type::stage_completed, "export"), "export_complete", "complete_export", "completed",
         true, "Completed export for VM web-1"});
  check({stage_event(Type::stage_started, "conversion"), "conversion_start", "start_conversion", "started",
         true, "Started conversion for VM web-1"});
  check({stage_event(Type::stage_completed, "conversion"), "conversion_complete", "complete_conversion",
         "completed", true, "Completed conversion for VM web-1"});
  check({stage_event(Type::stage_started, "upload"), "upload_start", "start_upload", "started", true,
         "Started upload for VM web-1"});
  check({stage_event(Type::stage_completed, "upload"), "upload_complete", "complete_upload", "completed",
         true, "Completed upload for VM web-1"});
  check({config_change(), "config_change", "change_config", "completed", true,
         "Changed webhook configuration"});
  check({api_access(204), "api_access", "api_access", "status_204", true, "DELETE /api/v1/vms/7"});
  check({warning(Type::warning_raised), "warning", "warning", "warning", true, "slow disk"});
  check({failed(task_event(Type::error_raised, "e")), "error", "error", "error", false, "No space left"});
}

TEST_CASE("later types are noun_verb") {
  check({failed(stage_event(Type::stage_failed, "export")), "stage_failed", "fail_stage", "failed", false,
         "Failed export for VM web-1"});
  check({stage_event(Type::stage_started, "validation"), "stage_started", "start_stage", "started", true,
         "Started validation for VM web-1"});
  check({task_event(Type::task_cancelled, "e"), "task_cancelled", "cancel_task", "cancelled", true,
         "Cancelled task for VM web-1"});
  check({actor_event(Type::audit_logged_in, "e"), "audit_logged_in", "log_in", "logged_in", true,
         "Logged in: alice"});
  check({actor_event(Type::audit_access_denied, "e"), "audit_access_denied", "deny_access", "access_denied",
         false, "Access denied: alice"});
  Event delivery = task_event(Type::delivery_exhausted, "e");
  delivery.data.endpoint = "ops";
  check({delivery, "delivery_exhausted", "exhaust_delivery", "exhausted", false,
         "Exhausted delivery to ops for VM web-1"});
  check({warning(Type::task_paused), "task_paused", "pause_task", "paused", true, "slow disk"});
}

TEST_CASE("every type of the catalogue has a name of its own, none of them a stranger's") {
  std::set<std::string> names;
  for (const event::TypeInfo& type : event::catalogue()) {
    Event event = failed(warning(type.type));
    event.data.stage = "validation";
    event.data.status_code = 200;
    for (auto* text : {&event.data.method, &event.data.path, &event.data.config_type}) text->emplace("x");
    const AuditEntry entry = make_entry(event);
    check_terms(event, entry);
    CHECK(names.insert(entry.event_type).second);
    CHECK(entry.event_type.find('.') == std::string::npos);
    CHECK(!entry.action.empty());
    CHECK(entry.status != "recorded");
    CHECK(entry.description.value_or("") != "");
  }
}

TEST_CASE("an unknown type is named like a known one, but cannot take an inherited name") {
  const auto named = [](const std::string& type) {
    Event event = task_event(Type::task_started, "e");
    event.type = Type::unknown;
    event.type_name = type;
    return make_entry(event).event_type;
  };
  CHECK(named("io.godwit.audit.sealed.v1") == "audit_sealed");
  CHECK(named("io.godwit.stage.failed.v2") == "io.godwit.stage.failed.v2");
  CHECK(named("com.example.thing") == "com.example.thing");
  for (const char* type : {"io.godwit.migration.start.v1", "io.godwit.migration.failed.v1",
                           "io.godwit.export.complete.v1", "io.godwit.config.change.v1",
                           "io.godwit.api.access.v1", "unparseable", "warning", "error", "api_access"})
    CHECK(named(type) != name_of(warning(Type::warning_raised)).event_type);
  CHECK(named("unparseable") == "unknown.unparseable");
  CHECK(named("io.godwit.migration.start.v1") == "io.godwit.migration.start.v1");
  CHECK(named("io.godwit..v1") == "io.godwit..v1");
  CHECK(named("") == "unknown.");
}

TEST_CASE("API access succeeds below 400") {
  CHECK(make_entry(api_access(399)).success);
  CHECK_FALSE(make_entry(api_access(400)).success);
  CHECK(make_entry(api_access(503)).status == "status_503");
  CHECK(make_entry(api_access(200)).details.method == "DELETE");
  CHECK(make_entry(api_access(200)).duration_ns == 12'000'000);
}

TEST_CASE("durations are nanoseconds, and one too long for them is the longest there is") {
  Event event = stage_event(Type::stage_completed, "export");
  CHECK(make_entry(event).duration_ns == 1'500'000'000);
  event.data.duration_ms = 9007199254740991;
  CHECK(make_entry(event).duration_ns == std::numeric_limits<std::int64_t>::max() / 1'000'000 * 1'000'000);
  event.data.duration_ms.reset();
  CHECK_FALSE(make_entry(event).duration_ns.has_value());
}

TEST_CASE("a stage's end tells its bytes and files under the names they always had") {
  CHECK(make_entry(stage_event(Type::stage_completed, "export")).details.bytes_exported == 4096);
  Event upload = stage_event(Type::stage_completed, "upload");
  upload.data.other.push_back({"target", R"({"uri":"https://images/1","format":"qcow2"})"});
  const AuditEntry uploaded = make_entry(upload);
  CHECK(uploaded.details.bytes_uploaded == 4096);
  CHECK(uploaded.destination == "https://images/1");
  CHECK(uploaded.description == "Completed upload for VM web-1 to https://images/1");
  CHECK(uploaded.resources == std::vector<std::string>{"https://images/1"});
  Event conversion = stage_event(Type::stage_completed, "conversion");
  conversion.data.other.push_back({"files", R"(["/a.qcow2","/b.qcow2"])"});
  const AuditEntry converted = make_entry(conversion);
  CHECK(*event::find_other(converted.details, "converted_files") == R"(["/a.qcow2","/b.qcow2"])");
  CHECK(*event::find_other(converted.details, "file_count") == "2");
}

TEST_CASE("what has a field of its own is not repeated in the details, and nothing else is left out") {
  Event event = failed(stage_event(Type::stage_failed, "export"));
  event.data.user = "bob";
  event.data.ip_address = "192.0.2.1";
  event.data.user_agent = "curl/8";
  event.data.plan_id = "wave-7";
  event.data.other.push_back({"unheard_of", "[1]"});
  const AuditEntry entry = make_entry(event);
  CHECK(entry.user == "bob");
  CHECK(entry.ip_address == "192.0.2.1");
  CHECK(entry.user_agent == "curl/8");
  CHECK(entry.error == "No space left");
  CHECK(entry.attempt == 1);
  CHECK(entry.stage == "export");
  CHECK(
      event::encode_data(entry.details) ==
      R"({"bytes_done":4096,"error":{"code":"disk_full","message":"No space left","retryable":true,"exit_code":1,"stderr_tail":"last words"},)"
      R"("plan_id":"wave-7","unheard_of":[1]})");
  CHECK(make_entry(config_change()).changes_json == R"({"url":{"old":null,"new":"***"}})");
  CHECK(event::find_other(make_entry(config_change()).details, "changes") == nullptr);
}

TEST_CASE("the actor of an activity is its user, and only a task's subject is a task") {
  CHECK(make_entry(actor_event(Type::audit_logged_in, "e")).user == "alice");
  CHECK_FALSE(make_entry(actor_event(Type::audit_logged_in, "e")).task_id.has_value());
  CHECK(make_entry(task_event(Type::task_started, "e")).task_id == "task-1");
  CHECK_FALSE(make_entry(task_event(Type::task_started, "e")).user.has_value());
  Event cancel = task_event(Type::cancel_requested, "e");
  cancel.data.requested_by = "carol";
  CHECK(make_entry(cancel).user == "carol");
  Event plan = task_event(Type::delivery_succeeded, "e", 0, "wave-7");
  plan.data.plan_id = "wave-7";
  CHECK_FALSE(make_entry(plan).task_id.has_value());
}

TEST_CASE("a record that is no event says why") {
  const AuditEntry entry = entry_of(
      Unreadable{"migrations.lifecycle:3:42", from_unix_ms(5), 7, {"not_json", "/data", "is cut short"}});
  CHECK(entry.event_id == "migrations.lifecycle:3:42");
  CHECK(entry.event_type == "unparseable");
  CHECK(entry.timestamp == from_unix_ms(5));
  CHECK_FALSE(entry.success);
  CHECK(entry.error == "/data: is cut short");
  CHECK(event::encode_data(entry.details) == R"({"reason":"not_json","value_bytes":7})");
}
