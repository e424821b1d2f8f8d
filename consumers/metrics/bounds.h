// Bounds: how many values a label may have and how many series a metric. The first in fold order keep their
// names, so a rebuild chooses the same; what comes beyond is `other`.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consumers/metrics/catalogue.h"
#include "consumers/metrics/projection.h"

namespace godwit::metrics_view {

inline constexpr std::string_view other_label = "other";

class Bounds {
 public:
  static constexpr std::size_t label_values_max = 50;  // of one label, in one partition
  static constexpr std::size_t label_bytes_max = 128;  // longer values are cut

  explicit Bounds(const Catalogue& catalogue) : catalogue_(catalogue) {}

  // What a store remembers of earlier.
  void remember(const Series& series) { known_[series.metric].insert(series); }
  void remember_label(const std::string& scope, const std::string& value) { values_[scope].insert(value); }

  // The series that `wanted` counts into. Its metric must be of the catalogue.
  Series bounded(Series wanted);

  using LabelValue = std::pair<std::string, std::string>;  // scope and value
  const std::vector<LabelValue>& new_labels() const { return new_labels_; }
  // What is new belongs to the open transaction: it stays, or is forgotten.
  void keep();
  void forget();

 private:
  std::string allowed(const std::string& scope, std::string value);

  const Catalogue& catalogue_;
  std::map<std::string_view, std::set<Series>> known_;  // by metric
  std::map<std::string, std::set<std::string>> values_;
  std::vector<Series> new_series_;
  std::vector<LabelValue> new_labels_;
};

}  // namespace godwit::metrics_view
