#include "consumers/metrics/catalogue.h"

#include <algorithm>

namespace godwit::metrics_view {

Catalogue::Catalogue(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)) {
  metrics_.insert(metrics_.end(), counters.begin(), counters.end());
  metrics_.insert(metrics_.end(), histograms.begin(), histograms.end());
  built_in_ = metrics_.size();
  if (!rules_) return;
  for (const Rule& rule : rules_->rules) metrics_.push_back(rule.metric());
}

const Metric* Catalogue::find(std::string_view name) const {
  const auto found = std::find_if(metrics_.begin(), metrics_.end(),
                                  [&](const Metric& metric) { return metric.name == name; });
  return found == metrics_.end() ? nullptr : &*found;
}

std::string Catalogue::label_scope(const Metric& metric, std::string_view label) const {
  const auto index = static_cast<std::size_t>(&metric - metrics_.data());
  return index < built_in_ ? std::string{label} : std::string{metric.name} + "/" + std::string{label};
}

}  // namespace godwit::metrics_view
