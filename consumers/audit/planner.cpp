#include "consumers/audit/planner.h"

#include <algorithm>

namespace godwit::audit {
namespace {

// What the filter names, the rarest first: a task has dozens of rows, a user thousands, a provider millions.
// Several event types have no one order by time; successes are nearly all rows, and by time is as good.
std::vector<IndexKind> wanted(const Filter& filter) {
  std::vector<IndexKind> out;
  const auto want = [&](bool named, IndexKind kind) {
    if (named) out.push_back(kind);
  };
  want(filter.task_id.has_value(), IndexKind::task);
  want(filter.plan_id.has_value(), IndexKind::plan);
  want(filter.vm_name.has_value(), IndexKind::vm);
  want(filter.ip_address.has_value(), IndexKind::ip);
  want(filter.user.has_value(), IndexKind::user);
  want(filter.event_types.size() == 1, IndexKind::event_type);
  want(filter.success == false, IndexKind::success);
  want(filter.stage.has_value(), IndexKind::stage);
  want(filter.provider.has_value(), IndexKind::provider);
  return out;
}

}  // namespace

const TableIndex* find_index(const std::vector<TableIndex>& available, IndexKind kind) {
  const auto found = std::find_if(available.begin(), available.end(),
                                  [&](const TableIndex& index) { return index.kind == kind; });
  return found == available.end() ? nullptr : &*found;
}

bool narrows(const Filter& filter) {
  return filter.success || !filter.event_types.empty() || !wanted(filter).empty();
}

const TableIndex* choose_index(const Filter& filter, const std::vector<TableIndex>& available) {
  for (const IndexKind kind : wanted(filter))
    if (const TableIndex* index = find_index(available, kind)) return index;
  return find_index(available, IndexKind::time);
}

}  // namespace godwit::audit
