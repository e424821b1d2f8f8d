#include "consumers/webhooks/kinds/notice.h"

#include <fmt/format.h>

#include <algorithm>

#include "consumers/webhooks/kinds/advice.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

using event::Event;
using event::SubjectKind;
using event::Type;

struct Name {
  std::string_view whole = {};  // "stage.failed"
  std::string_view noun = {}, verb = {};
};

Name name_of(const Event& event) {
  if (event.type == Type::unknown) return {event.type_name, "event", event.type_name};
  const std::string_view whole = event::info(event.type).name;
  const std::size_t dot = whole.find('.');
  return {whole, whole.substr(0, dot), whole.substr(dot + 1)};
}

std::string spaced(std::string_view word) {
  std::string out{word};
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

SubjectKind subject_kind(const Event& event) {
  return event.type == Type::unknown ? SubjectKind::actor : event::info(event.type).subject;
}

// Whom it is about: "Migration of erp-db-01", "Plan Wave 7".
std::string subject_of(const Event& event) {
  const event::Data& data = event.data;
  switch (subject_kind(event)) {
    case SubjectKind::task_id:
      return "Migration of " + data.vm_name.value_or(event.subject);
    case SubjectKind::plan_id:
      return "Plan " + data.plan_name.value_or(event.subject);
    case SubjectKind::worker_id:
      return "Worker " + data.host.value_or(event.subject);
    case SubjectKind::endpoint:
      return "Endpoint " + data.endpoint.value_or(event.subject);
    case SubjectKind::dedup_key:
      return "Alert " + data.alert.value_or(event.subject);
    case SubjectKind::actor:
      break;
  }
  return event.subject;
}

// What became of it: "failed", "raised a warning", "stage export failed".
std::string predicate_of(const Event& event, const Name& name) {
  if (event.type == Type::warning_raised) return "raised a warning";
  if (event.type == Type::error_raised) return "raised an error";
  const SubjectKind subject = subject_kind(event);
  const bool own = (subject == SubjectKind::task_id && name.noun == "task") ||
                   subject == SubjectKind::plan_id || subject == SubjectKind::worker_id ||
                   subject == SubjectKind::dedup_key;
  if (own) return spaced(name.verb);
  if (event.type == Type::delivery_endpoint_disabled) return "disabled";
  std::string what = spaced(name.noun);
  if (name.noun == "stage" && event.data.stage) what += " " + *event.data.stage;
  if (name.noun == "hook" && event.data.hook) what += " " + *event.data.hook;
  if (name.noun == "disk" && event.data.disk_index) what += fmt::format(" {}", *event.data.disk_index);
  return fmt::format("{} {}", what, spaced(name.verb));
}

std::string headline_of(const Event& event, const Name& name) {
  const bool whole = subject_kind(event) == SubjectKind::task_id && name.noun != "task" &&
                     event.type != Type::warning_raised && event.type != Type::error_raised;
  return subject_of(event) + (whole ? ": " : " ") + predicate_of(event, name);
}

// The words of the inherited webhook; a type it has not goes by its own name.
void set_words(Notice& notice, const Name& name) {
  switch (notice.event.type) {
    case Type::task_started:
      notice.event_word = "start";
      notice.status_word = "started";
      return;
    case Type::task_completed:
      notice.event_word = "complete";
      notice.status_word = "completed";
      return;
    case Type::task_failed:
      notice.event_word = "error";
      notice.status_word = "failed";
      return;
    case Type::warning_raised:
      notice.event_word = notice.status_word = "warning";
      return;
    default:
      notice.event_word = name.whole;
      notice.status_word = name.verb;
  }
}

Incident incident_of(const Event& event, Severity severity) {
  switch (event.type) {
    case Type::task_completed:
    case Type::task_cancelled:
    case Type::task_removed:
    case Type::plan_completed:
    case Type::plan_cancelled:
    case Type::alert_resolved:
    case Type::worker_registered:
      return Incident::ends;
    case Type::alert_fired:
    case Type::warning_raised:
      return Incident::opens;
    default:
      return severity >= Severity::error ? Incident::opens : Incident::none;
  }
}

std::string incident_key_of(const Event& event) {
  switch (subject_kind(event)) {
    case SubjectKind::task_id:
      return "migration/" + event.subject;
    case SubjectKind::plan_id:
      return "plan/" + event.subject;
    case SubjectKind::worker_id:
      return "worker/" + event.subject;
    case SubjectKind::endpoint:
      return "endpoint/" + event.subject;
    case SubjectKind::dedup_key:
      return "alert/" + event.data.dedup_key.value_or(event.subject);
    case SubjectKind::actor:
      break;
  }
  return "event/" + event.subject;
}

void set_failure(Notice& notice, const event::Failure& failure) {
  notice.error = failure.message;
  if (const auto advice = advice_for(failure.code, failure.error_class.value_or("")))
    notice.advice = std::string{*advice};
}

}  // namespace

Severity severity_of(const Event& event) {
  switch (event.type) {
    case Type::task_failed:
    case Type::plan_failed:
    case Type::worker_lost:
      return Severity::critical;
    case Type::delivery_exhausted:
    case Type::delivery_endpoint_disabled:
    case Type::error_raised:
      return Severity::error;
    case Type::alert_fired:
      return severity_from(event.data.severity.value_or("")).value_or(Severity::error);
    case Type::warning_raised:
    case Type::retry_scheduled:
    case Type::delivery_failed:
    case Type::audit_access_denied:
    case Type::task_cancelled:
      return Severity::warning;
    default:
      return event.type != Type::unknown && event::info(event.type).name.ends_with(".failed")
                 ? Severity::error
                 : Severity::info;
  }
}

Notice make_notice(const Event& event, std::optional<Timestamp> began) {
  const Name name = name_of(event);
  Notice notice{.event = event,
                .event_word = {},
                .status_word = {},
                .incident_key = incident_key_of(event),
                .vm_name = event.data.vm_name.value_or(""),
                .provider = event.data.provider.value_or(""),
                .headline = headline_of(event, name),
                .message = {}};
  set_words(notice, name);
  notice.severity = severity_of(event);
  notice.incident = incident_of(event, notice.severity);
  notice.message = event.data.message.value_or("");
  if (is_blank(notice.message)) notice.message = notice.headline;
  if (event.data.duration_ms) {
    notice.duration = Millis{*event.data.duration_ms};
  } else if (began && *began <= event.time &&
             (event.type == Type::task_completed || event.type == Type::task_failed)) {
    notice.duration = event.time - *began;
  }
  if (event.data.error) set_failure(notice, *event.data.error);
  if (const std::string* metadata = event::find_other(event.data, "metadata"))
    notice.metadata_json = *metadata;
  return notice;
}

std::vector<Fact> facts_of(const Notice& notice) {
  const event::Data& data = notice.event.data;
  const bool task = subject_kind(notice.event) == SubjectKind::task_id;
  std::vector<Fact> out{{"Event", notice.event_word},
                        {"Status", notice.status_word},
                        {task ? "Task ID" : "Subject", notice.event.subject},
                        {"Provider", notice.provider},
                        {"Plan", data.plan_name.value_or(data.plan_id.value_or(""))},
                        {"Stage", data.stage.value_or("")},
                        {"Endpoint", data.endpoint.value_or("")},
                        {"Error", notice.error.value_or(""), false}};
  if (notice.duration) out.push_back({"Duration", format_duration(*notice.duration)});
  if (notice.advice) out.push_back({"Suggested fix", *notice.advice, false});
  for (Fact& fact : out) fact.text = fact.is_short ? plain_line(fact.text) : plain(fact.text);
  out.erase(std::remove_if(out.begin(), out.end(), [](const Fact& fact) { return is_blank(fact.text); }),
            out.end());
  return out;
}

}  // namespace godwit::webhooks::kinds
