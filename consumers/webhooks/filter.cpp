#include "consumers/webhooks/filter.h"

#include <algorithm>

#include "consumers/webhooks/kinds/notice.h"

namespace godwit::webhooks {
namespace {

using Text = std::optional<std::string>;

bool is_among(const std::vector<std::string>& wanted, std::initializer_list<Text> said) {
  if (wanted.empty()) return true;
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& each) {
    return std::any_of(said.begin(), said.end(),
                       [&](const Text& text) { return text && matches(each, *text); });
  });
}

// "task.failed" of "io.godwit.task.failed.v1".
std::string short_name(std::string_view type) {
  constexpr std::string_view prefix = "io.godwit.";
  if (type.starts_with(prefix)) type.remove_prefix(prefix.size());
  return std::string{type.substr(0, type.rfind(".v"))};
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  // Where the last * was, and up to where it has taken text: it takes one more when what follows fails.
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  std::size_t p = 0;
  std::size_t t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_told_of(const Endpoint& endpoint, const event::Event& event, std::optional<Occasion> occasion) {
  const Filter& filter = endpoint.filter;
  if (!(occasion && wants(endpoint, *occasion)) &&
      (filter.events.empty() || !is_among(filter.events, {short_name(event.type_name)})))
    return false;
  return kinds::severity_of(event) >= filter.min_severity &&
         is_among(filter.providers, {event.data.provider}) &&
         is_among(filter.plans, {event.data.plan_id, event.data.plan_name}) &&
         is_among(filter.users, {event.data.user, event.data.requested_by});
}

}  // namespace godwit::webhooks
