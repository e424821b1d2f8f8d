#include "consumers/metrics/bounds.h"

#include "common/base/check.h"
#include "common/projection/task_life.h"

namespace godwit::metrics_view {

std::string Bounds::allowed(const std::string& scope, std::string value) {
  value = projection::cut_text(value, label_bytes_max);
  std::set<std::string>& values = values_[scope];
  if (values.contains(value)) return value;
  if (values.size() >= label_values_max) return std::string{other_label};
  values.insert(value);
  new_labels_.emplace_back(scope, value);
  return value;
}

Series Bounds::bounded(Series wanted) {
  std::set<Series>& known = known_[wanted.metric];
  if (known.contains(wanted)) return wanted;
  const Metric* metric = catalogue_.find(wanted.metric);
  GODWIT_CHECK(metric != nullptr, "no metric is called {}", wanted.metric);
  for (std::size_t i = 0; i < labels_max; ++i)
    if (!metric->labels[i].empty())
      wanted.labels[i] = allowed(catalogue_.label_scope(*metric, metric->labels[i]), wanted.labels[i]);
  if (known.contains(wanted)) return wanted;
  if (known.size() >= metric->series_max)
    for (std::size_t i = 0; i < labels_max; ++i)
      if (!metric->labels[i].empty()) wanted.labels[i] = other_label;
  if (known.insert(wanted).second) new_series_.push_back(wanted);
  return wanted;
}

void Bounds::keep() {
  new_series_.clear();
  new_labels_.clear();
}

void Bounds::forget() {
  for (const Series& series : new_series_) known_[series.metric].erase(series);
  for (const auto& [scope, value] : new_labels_) values_[scope].erase(value);
  keep();
}

}  // namespace godwit::metrics_view
