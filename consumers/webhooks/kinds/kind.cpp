#include "consumers/webhooks/kinds/kind.h"

#include <algorithm>
#include <array>
#include <utility>

namespace godwit::webhooks::kinds {
namespace {

constexpr std::array<std::string_view, 6> kind_names{"generic", "slack",     "discord",
                                                     "teams",   "pagerduty", "email"};
constexpr std::array<std::string_view, 4> severity_names{"info", "warning", "error", "critical"};

template <class Enum, std::size_t Count>
std::optional<Enum> find(const std::array<std::string_view, Count>& names, std::string_view text) {
  const auto* at = std::find(names.begin(), names.end(), text);
  return at == names.end() ? std::nullopt : std::optional{static_cast<Enum>(at - names.begin())};
}

}  // namespace

std::string_view to_string(Kind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }
std::optional<Kind> kind_from(std::string_view text) { return find<Kind>(kind_names, text); }
std::string_view to_string(Severity severity) {
  return severity_names.at(static_cast<std::size_t>(severity));
}
std::optional<Severity> severity_from(std::string_view text) { return find<Severity>(severity_names, text); }

}  // namespace godwit::webhooks::kinds
