#include "consumers/audit/naming.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace godwit::audit {
namespace {

using event::Event;
using event::Type;

constexpr std::string_view prefix = "io.godwit.";
constexpr std::string_view suffix = ".v1";
constexpr std::array<std::string_view, 3> inherited_stages{"export", "conversion", "upload"};

// What was done, as a command. A verb that is not here leaves the action to the event type.
constexpr auto commands = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"cancelled", "cancel"},  {"completed", "complete"},  {"created", "create"},     {"ended", "end"},
    {"exhausted", "exhaust"}, {"failed", "fail"},         {"fired", "fire"},         {"paused", "pause"},
    {"queued", "queue"},      {"registered", "register"}, {"removed", "remove"},     {"requested", "request"},
    {"resolved", "resolve"},  {"resumed", "resume"},      {"scheduled", "schedule"}, {"skipped", "skip"},
    {"started", "start"},     {"stopped", "stop"},        {"succeeded", "succeed"},
});
constexpr auto whole_commands = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"access_denied", "deny_access"},
    {"endpoint_disabled", "disable_endpoint"},
    {"gap_detected", "detect_gap"},
    {"logged_in", "log_in"},
    {"record_redacted", "redact_record"},
    {"segment_pruned", "prune_segment"},
    {"segment_sealed", "seal_segment"},
});

template <std::size_t Size>
std::string_view find(const std::array<std::pair<std::string_view, std::string_view>, Size>& table,
                      std::string_view key) {
  for (const auto& [name, value] : table)
    if (name == key) return value;
  return {};
}

struct NounVerb {
  std::string_view noun;
  std::string_view verb;
};

bool is_word(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

std::optional<NounVerb> split(std::string_view full_type) {
  if (!full_type.starts_with(prefix) || !full_type.ends_with(suffix) ||
      full_type.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  full_type = full_type.substr(prefix.size(), full_type.size() - prefix.size() - suffix.size());
  const auto dot = full_type.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const NounVerb out{full_type.substr(0, dot), full_type.substr(dot + 1)};
  return is_word(out.noun) && is_word(out.verb) ? std::optional{out} : std::nullopt;
}

std::string join(std::string_view a, std::string_view b) { return std::string{a}.append("_").append(b); }

std::string capitalised(std::string_view words) {
  std::string out{words};
  std::replace(out.begin(), out.end(), '_', ' ');
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

// "migration", or the stage when it is one of the three that have names of their own.
std::optional<std::string> inherited_noun(const Event& event) {
  switch (event.type) {
    case Type::task_started:
    case Type::task_completed:
    case Type::task_failed:
      return "migration";
    case Type::stage_started:
    case Type::stage_completed:
      if (std::find(inherited_stages.begin(), inherited_stages.end(), *event.data.stage) !=
          inherited_stages.end())
        return event.data.stage;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Naming> inherited(const Event& event) {
  if (const auto noun = inherited_noun(event)) {
    if (event.type == Type::task_failed) return Naming{join(*noun, "failed"), join("fail", *noun), "failed"};
    if (event.type == Type::task_started || event.type == Type::stage_started)
      return Naming{join(*noun, "start"), join("start", *noun), "started"};
    return Naming{join(*noun, "complete"), join("complete", *noun), "completed"};
  }
  switch (event.type) {
    case Type::audit_config_changed:
      return Naming{"config_change", "change_config", "completed"};
    case Type::audit_api_access:
      return Naming{"api_access", "api_access", "status_" + std::to_string(*event.data.status_code)};
    case Type::warning_raised:
      return Naming{"warning", "warning", "warning"};
    case Type::error_raised:
      return Naming{"error", "error", "error"};
    default:
      return std::nullopt;
  }
}

// What a sentence says was started, failed, ...
std::string thing_of(const Event& event, std::string_view noun) {
  const event::Data& data = event.data;
  if (noun == "stage" && data.stage) return *data.stage;
  if (noun == "disk" && data.disk_index) return "disk " + std::to_string(*data.disk_index);
  if (noun == "precopy" && data.iteration) return "precopy " + std::to_string(*data.iteration);
  if (noun == "hook" && data.hook) return "hook " + *data.hook;
  if (noun == "snapshot" && data.snapshot_id) return "snapshot " + *data.snapshot_id;
  if (noun == "delivery" && data.endpoint) return "delivery to " + *data.endpoint;
  if (noun == "alert" && data.alert) return "alert " + *data.alert;
  if (noun == "plan" || noun == "worker") return std::string{noun}.append(" ").append(event.subject);
  return std::string{noun};
}

std::string for_vm(const Event& event) { return event.data.vm_name ? " for VM " + *event.data.vm_name : ""; }

// A type that is not of our form keeps its own name; none of ours holds a dot, so it cannot pass for one.
Naming stranger(const std::string& type_name) {
  const std::string name = type_name.find('.') != std::string::npos ? type_name : "unknown." + type_name;
  return {name, name, "recorded"};
}

// Whether a type this build does not know would get one of the inherited names.
bool looks_inherited(const NounVerb& words) {
  return words.verb == "start" || words.verb == "complete" || words.noun == "migration" ||
         words.verb == "change" || words.verb == "access";
}

}  // namespace

Naming name_of(const Event& event) {
  if (auto naming = inherited(event)) return *std::move(naming);
  const auto words = split(event.type_name);
  if (!words || (event.type == Type::unknown && looks_inherited(*words))) return stranger(event.type_name);
  std::string event_type = join(words->noun, words->verb);
  const std::string_view whole = find(whole_commands, words->verb);
  const std::string_view command = find(commands, words->verb);
  std::string action = !whole.empty()     ? std::string{whole}
                       : !command.empty() ? join(command, words->noun)
                                          : event_type;
  return {std::move(event_type), std::move(action), std::string{words->verb}};
}

std::string description_of(const Event& event, const std::string& destination) {
  const event::Data& data = event.data;
  const auto words = split(event.type_name);
  if (const auto noun = inherited_noun(event)) {
    const std::string to = *noun == "upload" && !destination.empty() ? " to " + destination : "";
    return capitalised(words->verb) + " " + *noun + for_vm(event) + to;
  }
  switch (event.type) {
    case Type::audit_config_changed:
      return "Changed " + *data.config_type + " configuration";
    case Type::audit_api_access:
      return *data.method + " " + *data.path;
    case Type::warning_raised:
      return *data.message;
    case Type::error_raised:
      return data.message.value_or(data.error->message);
    default:
      break;
  }
  if (data.message && !data.message->empty()) return *data.message;
  if (!words) return event.type_name;
  // A verb of several words, or one that takes no object, is a sentence by itself.
  const bool whole = words->verb.find('_') != std::string_view::npos || words->verb == "heartbeat";
  if (whole) return capitalised(words->verb) + ": " + event.subject;
  return capitalised(words->verb) + " " + thing_of(event, words->noun) + for_vm(event);
}

}  // namespace godwit::audit
