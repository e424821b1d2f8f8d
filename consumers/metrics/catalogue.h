// Catalogue: every metric that is folded, the built-in ones and those of the rules.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consumers/metrics/rules.h"
#include "consumers/metrics/series.h"

namespace godwit::metrics_view {

class Catalogue {
 public:
  // `rules` may be null.
  explicit Catalogue(std::shared_ptr<const RuleSet> rules = nullptr);

  // nullptr for a name nobody gave. Valid as long as the catalogue or a copy lives.
  const Metric* find(std::string_view name) const;
  const std::vector<Metric>& metrics() const { return metrics_; }
  std::string fingerprint() const { return rules_ ? rules_->fingerprint : ""; }
  // Within which the values of a label are counted: a label of ours means the same in each metric, one of a
  // rule only in its own.
  std::string label_scope(const Metric& metric, std::string_view label) const;

 private:
  std::shared_ptr<const RuleSet> rules_;
  std::vector<Metric> metrics_;  // the built-in ones first
  std::size_t built_in_ = 0;
};

}  // namespace godwit::metrics_view
