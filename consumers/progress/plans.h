// Plans: batches of tasks, each with the progress of all its tasks together. A plan's tasks lie in many
// partitions, so every instance tells its share, and the shares are added up.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/writer.h"
#include "common/sqlite/readers.h"
#include "consumers/progress/projection.h"

namespace godwit::progress {

struct PlanShare {
  std::map<std::string, std::int64_t> by_status;
  double percentage_sum = 0;  // over tasks; unknown counts 0
  std::int64_t bytes_done = 0;
  std::int64_t waiting = 0, eta_known = 0;  // tasks under way, and those of them with an ETA
  std::int64_t eta_max_ms = 0;
  std::int64_t stalled = 0;
  std::optional<std::int64_t> started_ms, updated_ms;  // the first start and the last news of its tasks
  std::optional<Batch> batch;                          // what the plan's own events say
  std::string name;                                    // as a task tells it
};

// By plan id, in order; `more`: there are others behind the last.
struct PlanShares {
  std::map<std::string, PlanShare> plans;
  bool more = false;
};

// The first plans behind `after`, or only the plan `one`.
struct PlanQuestion {
  static constexpr std::int64_t limit_max = 500;
  std::string after;
  std::optional<std::string> one;
  std::int64_t limit = 100;
  std::int64_t stalled_before_ms = 0;
};
PlanShares read_plans(const sqlite::Readers& files, const PlanQuestion& question);

// Between instances.
std::string to_wire(const PlanShares& shares);
std::optional<PlanShares> read_plan_wire(std::string_view json);

// All shares as one: never past the end of a share that has more.
PlanShares add_up(const std::vector<PlanShares>& shares, std::int64_t limit);

// The members of one plan as the API shows it, into an object that is open.
void write_plan(json::Writer& out, const std::string& plan_id, const PlanShare& plan);

}  // namespace godwit::progress
