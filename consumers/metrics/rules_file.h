// The file of rules, --rules FILE: metrics without code. Its form is told in README.md.
#pragma once

#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/service/yaml.h"
#include "consumers/metrics/rules.h"

namespace godwit::metrics_view {

inline constexpr std::size_t rules_max = 100;
inline constexpr std::size_t rule_bounds_max = 40;
inline constexpr std::int64_t rule_series_max = 1000;
inline constexpr std::int64_t rule_decimals_max = 6;

// `invalid`, with the line, for whatever is unknown, misspelt, missing or beyond a limit.
Result<std::shared_ptr<const RuleSet>> read_rules(const service::Yaml& root);
// The same of a file; messages begin with the path.
Result<std::shared_ptr<const RuleSet>> read_rules_file(const std::string& path);

}  // namespace godwit::metrics_view
