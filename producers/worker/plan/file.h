// The plan file: which VMs to migrate, as YAML. README.md has its words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "producers/worker/settings.h"

namespace godwit::worker {

struct PlanVm {
  int line = 0;  // of the file
  Request request;
};

struct PlanFile {
  std::string id;
  std::string name;
  std::int64_t attempts_max = 3;  // per run of the plan
  Millis retry_delay{5'000};      // before the second attempt; doubled before each further one
  std::vector<PlanVm> vms;        // in order; no two have the same task id
};

struct PlanLimits {
  std::size_t vms_max = 10'000;
  std::size_t disks_max = 256;  // of one VM
};

// `invalid`, with the line, for whatever it does not understand: nothing is ignored. Relative paths of disks
// begin at `folder`.
Result<PlanFile> parse_plan(const std::string& yaml, const std::string& folder,
                            const PlanLimits& limits = {});
// The same of a file. Messages begin with its path.
Result<PlanFile> read_plan(const std::string& path);

// The task of one VM of a plan, the same in each run: "<plan>.<vm>" with other characters than a task id may
// have as '_'.
std::string plan_task_id(std::string_view plan_id, std::string_view vm_name);

}  // namespace godwit::worker
