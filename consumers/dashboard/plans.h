// Plans: what partition files know of each plan, from its own events and from its tasks, and several files'
// words as one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/writer.h"
#include "common/sqlite/readers.h"

namespace godwit::dashboard {

struct Plan {
  std::int64_t rank = 0;  // as of PlanNews; 0: only its tasks have told of it
  std::string status;
  std::optional<std::string> name;
  std::optional<std::int64_t> vm_count;
  std::optional<std::int64_t> created_ms, started_ms, ended_ms;
  std::map<std::string, std::int64_t> tasks;  // on each list
};
using Plans = std::map<std::string, Plan>;

inline constexpr std::int64_t plans_max = 1'000;  // read of a file, by id

// `only`: just this plan.
Plans read_plans(const sqlite::Readers& files, const std::optional<std::string>& only);
void add_up(Plans& sum, const Plans& part);

// {"plans":[...]}, also between instances.
std::string plans_json(const Plans& plans);
void write_plan(json::Writer& out, const std::string& plan_id, const Plan& plan);
std::optional<Plans> read_plans_wire(std::string_view json);

}  // namespace godwit::dashboard
