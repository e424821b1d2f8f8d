// What the inherited hypersdk_ names and /stats need that is not a sum of one counter.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "consumers/metrics/totals.h"

namespace godwit::metrics_view {

struct Inherited {
  std::uint64_t total = 0, succeeded = 0, failed = 0, active = 0;
  double success_percent = std::numeric_limits<double>::quiet_NaN();
  struct Stage {
    std::string_view name, participle;
    double seconds = 0;
    std::uint64_t count = 0, bytes = 0;
  };
  std::array<Stage, 3> stages{{{"export", "exported"}, {"conversion", "converted"}, {"upload", "uploaded"}}};
  double migration_seconds = 0;  // the three stages, as inherited
};

Inherited inherit(const Totals& totals);
std::map<std::string, std::uint64_t> starts_by_provider(const Totals& totals);

// 0 of nothing.
inline double average(double seconds, std::uint64_t count) {
  return count > 0 ? seconds / static_cast<double>(count) : 0;
}

}  // namespace godwit::metrics_view
