// Notice: one event in the words of a message, for every kind the same. Pure: a function of the event and of
// when its attempt began.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "consumers/webhooks/kinds/kind.h"

namespace godwit::webhooks::kinds {

// What an event means for an incident that somebody is to be called for.
enum class Incident { none, opens, ends };

struct Notice {
  event::Event event;       // what it is about
  std::string event_word;   // "start", "complete", "error", "warning", or the type's own name: "stage.failed"
  std::string status_word;  // "started", "completed", "failed", "warning", or the type's verb
  Severity severity = Severity::info;
  Incident incident = Incident::none;
  std::string incident_key;  // the same for all events of one task, plan or alert
  std::string vm_name, provider;
  std::string headline;  // "Migration of erp-db-01 failed"
  std::string message;   // what the event says, or the headline
  std::optional<Millis> duration = {};
  std::optional<std::string> error = {};          // the message of data.error
  std::optional<std::string> advice = {};         // what usually helps against this class of error
  std::optional<std::string> metadata_json = {};  // one JSON object
};

// `began`: when the task's attempt began, for the duration of one that ended without saying it.
Notice make_notice(const event::Event& event, std::optional<Timestamp> began = {});

Severity severity_of(const event::Event& event);

// A line of facts that messages for people show. Never blank.
struct Fact {
  std::string_view name;
  std::string text;
  bool is_short = true;  // two of these may share a line
};
std::vector<Fact> facts_of(const Notice& notice);

}  // namespace godwit::webhooks::kinds
