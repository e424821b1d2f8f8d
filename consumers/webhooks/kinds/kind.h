// Kind: which channel an endpoint speaks to. Severity: how much an event matters to a person.
#pragma once

#include <optional>
#include <string_view>

namespace godwit::webhooks::kinds {

enum class Kind { generic, slack, discord, teams, pagerduty, email };

std::string_view to_string(Kind kind);
std::optional<Kind> kind_from(std::string_view text);

// Ordered: a later one matters more.
enum class Severity { info, warning, error, critical };

std::string_view to_string(Severity severity);
std::optional<Severity> severity_from(std::string_view text);

}  // namespace godwit::webhooks::kinds
