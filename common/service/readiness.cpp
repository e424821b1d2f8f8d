#include "common/service/readiness.h"

#include <fmt/format.h>

#include "common/json/writer.h"

namespace godwit::service {

std::vector<std::string> reasons_not_ready(const projection::RunnerSnapshot& snapshot) {
  std::vector<std::string> reasons;
  if (snapshot.source_error) reasons.push_back(*snapshot.source_error);
  if (!snapshot.assigned) reasons.emplace_back("waiting for Kafka to assign partitions");
  for (const auto& [store, why] : snapshot.refused) reasons.push_back(fmt::format("{}: {}", store, why));
  for (const auto& [store, why] : snapshot.suspended) reasons.push_back(fmt::format("{}: {}", store, why));
  for (const auto& [store, why] : snapshot.frozen) reasons.push_back(fmt::format("{}: {}", store, why));
  std::int64_t behind = 0;
  int catching_up = 0;
  for (const auto& partition : snapshot.partitions) {
    if (partition.caught_up) continue;
    ++catching_up;
    behind += partition.lag();
  }
  if (catching_up > 0)
    reasons.push_back(fmt::format("catching up: {} records behind on {} partitions", behind, catching_up));
  return reasons;
}

std::string readiness_json(const projection::RunnerSnapshot& snapshot, std::string_view rebuild) {
  const auto reasons = reasons_not_ready(snapshot);
  std::int64_t lag = 0;
  for (const auto& partition : snapshot.partitions) lag += partition.lag();
  json::Writer out;
  out.begin_object().member("status", reasons.empty() ? "ready" : "not ready").key("reasons").begin_array();
  for (const std::string& reason : reasons) out.value(reason);
  out.end_array()
      .member("lag", lag)
      .member("partitions", static_cast<std::int64_t>(snapshot.partitions.size()));
  if (!rebuild.empty()) out.member_raw("rebuild", rebuild);
  out.end_object();
  return out.take();
}

}  // namespace godwit::service
