// Rules: metrics that users define in a file, folded like the built-in ones. Pure: how a file is read is told
// by rules_file.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/event/event.h"
#include "common/event/members.h"
#include "consumers/metrics/series.h"

namespace godwit::metrics_view {

// Holds when all that is set does. Text compares as event::to_text() writes it.
struct Condition {
  event::Pointer at;
  std::vector<std::string> one_of = {};  // empty: any
  std::optional<double> min = {}, max = {};
  std::optional<bool> present = {};

  bool holds(const event::Members& members) const;
};

struct Label {
  std::string name;
  event::Pointer at;
};

struct Rule {
  std::string name;
  Shape shape = Shape::counter;
  std::string help;
  std::vector<event::Type> types;
  std::vector<Condition> where = {};
  std::optional<event::Pointer> value = {};  // absent: a counter that counts events
  int decimals = 0;                          // digits kept behind the point of a value
  double divide_by = 1;                      // 1000 shows milliseconds as seconds
  std::vector<Label> labels = {};
  std::vector<double> bounds = {};
  std::size_t series_max = 100;

  // As the store and the pages see it; views into this rule.
  Metric metric() const;
};

struct RuleSet {
  std::vector<Rule> rules;
  // Of everything that decides what is folded: another one is another view of the log. Empty without rules.
  std::string fingerprint;
};

// What one rule makes of one event.
struct Match {
  const Rule* rule = nullptr;
  std::array<std::string, labels_max> labels = {};
  std::int64_t value = 0;  // as it is stored
};

bool any_rule_for(const RuleSet& rules, event::Type type);
// In the order of the rules. A rule whose value is absent, no number, or negative for a counter, matches not;
// a label that is not there is "unknown".
std::vector<Match> match_rules(const RuleSet& rules, const event::Event& event);

}  // namespace godwit::metrics_view
