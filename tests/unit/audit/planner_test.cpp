#include "consumers/audit/planner.h"

#include <fmt/format.h>

#include <doctest/doctest.h>

using namespace godwit::audit;

namespace {

std::vector<TableIndex> indexes(std::initializer_list<IndexKind> kinds) {
  std::vector<TableIndex> out;
  for (const IndexKind kind : kinds) out.push_back({kind, fmt::format("by_{}", static_cast<int>(kind))});
  return out;
}

const std::string x{"x"};
const auto live = indexes({IndexKind::time, IndexKind::event, IndexKind::task});
const auto sealed = indexes({IndexKind::time, IndexKind::event, IndexKind::task, IndexKind::plan,
                             IndexKind::vm, IndexKind::ip, IndexKind::user, IndexKind::event_type,
                             IndexKind::success, IndexKind::stage, IndexKind::provider});

IndexKind chosen(const Filter& filter, const std::vector<TableIndex>& available) {
  const TableIndex* index = choose_index(filter, available);
  REQUIRE(index != nullptr);
  return index->kind;
}

}  // namespace

TEST_CASE("each filter alone goes by its own index where there is one, else by time") {
  Filter none, task, plan, vm, user, provider, type, failures, successes, stage, ip;
  task.task_id = plan.plan_id = vm.vm_name = user.user = provider.provider = stage.stage = x;
  ip.ip_address = x;
  type.event_types = {x};
  failures.success = false;
  successes.success = true;
  const std::vector<std::pair<Filter, IndexKind>> expected{{none, IndexKind::time},
                                                           {task, IndexKind::task},
                                                           {plan, IndexKind::plan},
                                                           {vm, IndexKind::vm},
                                                           {user, IndexKind::user},
                                                           {provider, IndexKind::provider},
                                                           {type, IndexKind::event_type},
                                                           {failures, IndexKind::success},
                                                           {successes, IndexKind::time},
                                                           {stage, IndexKind::stage},
                                                           {ip, IndexKind::ip}};
  for (const auto& [filter, kind] : expected) {
    CHECK(chosen(filter, sealed) == kind);
    CHECK(chosen(filter, live) == (kind == IndexKind::task ? kind : IndexKind::time));
  }
}

TEST_CASE("of several filters the rarest is the one to go by") {
  Filter filter;
  filter.provider = x;
  filter.success = false;
  CHECK(chosen(filter, sealed) == IndexKind::success);
  filter.event_types = {x};
  CHECK(chosen(filter, sealed) == IndexKind::event_type);
  filter.user = x;
  CHECK(chosen(filter, sealed) == IndexKind::user);
  filter.vm_name = x;
  CHECK(chosen(filter, sealed) == IndexKind::vm);
  filter.plan_id = x;
  CHECK(chosen(filter, sealed) == IndexKind::plan);
  filter.task_id = x;
  CHECK(chosen(filter, sealed) == IndexKind::task);
}

TEST_CASE("several event types have no one order by time, and so no index") {
  Filter filter;
  filter.event_types = {x, x};
  CHECK(chosen(filter, sealed) == IndexKind::time);
}

TEST_CASE("a table without any index leaves the choice to SQLite") {
  CHECK(choose_index({}, {}) == nullptr);
  CHECK(find_index(live, IndexKind::vm) == nullptr);
}
