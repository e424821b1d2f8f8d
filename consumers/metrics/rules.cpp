#include "consumers/metrics/rules.h"

#include <algorithm>
#include <cmath>

namespace godwit::metrics_view {
namespace {

using event::Members;
using event::Scalar;

constexpr double stored_max = 9007199254740992.0;  // 2^53: up to here every whole number is exact

bool is_for(const Rule& rule, event::Type type) {
  return std::find(rule.types.begin(), rule.types.end(), type) != rule.types.end();
}

const double* number_of(const std::optional<Scalar>& scalar) {
  return scalar ? std::get_if<double>(&*scalar) : nullptr;
}

// nullopt: there is nothing to add.
std::optional<std::int64_t> stored_value(const Rule& rule, const Members& members) {
  if (!rule.value) return 1;
  const auto found = members.find(*rule.value);
  const double* told = number_of(found);
  if (told == nullptr || (rule.shape == Shape::counter && *told < 0)) return std::nullopt;
  return std::llround(std::clamp(*told * std::pow(10, rule.decimals), -stored_max, stored_max));
}

}  // namespace

bool Condition::holds(const Members& members) const {
  if (present && members.has(at) != *present) return false;
  if (one_of.empty() && !min && !max) return true;
  const auto found = members.find(at);
  if (!found) return false;
  if (!one_of.empty() && std::find(one_of.begin(), one_of.end(), event::to_text(*found)) == one_of.end())
    return false;
  if (!min && !max) return true;
  const double* number = number_of(found);
  return number != nullptr && (!min || *number >= *min) && (!max || *number <= *max);
}

Metric Rule::metric() const {
  Metric out{.name = name, .shape = shape, .help = help, .bounds = bounds, .series_max = series_max};
  out.unit = divide_by * std::pow(10, decimals);
  for (std::size_t i = 0; i < labels.size(); ++i) out.labels.at(i) = labels[i].name;
  return out;
}

bool any_rule_for(const RuleSet& rules, event::Type type) {
  return std::any_of(rules.rules.begin(), rules.rules.end(),
                     [&](const Rule& rule) { return is_for(rule, type); });
}

std::vector<Match> match_rules(const RuleSet& rules, const event::Event& event) {
  std::vector<Match> out;
  std::optional<Members> members;  // read when the first rule asks
  for (const Rule& rule : rules.rules) {
    if (!is_for(rule, event.type)) continue;
    if (!members) members.emplace(event);
    if (!std::all_of(rule.where.begin(), rule.where.end(),
                     [&](const Condition& condition) { return condition.holds(*members); }))
      continue;
    const auto value = stored_value(rule, *members);
    if (!value) continue;
    Match& match = out.emplace_back(Match{.rule = &rule, .value = *value});
    for (std::size_t i = 0; i < rule.labels.size(); ++i) {
      const auto found = members->find(rule.labels[i].at);
      match.labels.at(i) = found ? event::to_text(*found) : "unknown";
    }
  }
  return out;
}

}  // namespace godwit::metrics_view
