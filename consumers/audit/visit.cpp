#include "consumers/audit/visit.h"

#include <algorithm>

#include "consumers/audit/record_table.h"
#include "consumers/audit/segments.h"

namespace godwit::audit {

std::vector<TableFacts> tables_of(const std::string& file, sqlite::Database& db, Order order) {
  std::vector<TableFacts> out;
  auto open = db.prepare("SELECT segment_first FROM tree");
  if (!open.step()) return out;
  out.push_back({file, open.integer(0), "record", {}, {}, {}});
  open.reset();
  const auto closed = closed_segments(db);
  for (auto each = closed.rbegin(); each != closed.rend(); ++each) {
    const Segment& segment = each->segment;
    TableFacts facts{file, segment.first_index, "record", {}, segment.earliest_ms, segment.latest_ms};
    if (each->sealed) {
      facts.path = sealed_path(db.path(), segment.first_index);
    } else {
      facts.name = closed_record_table(segment.first_index);
    }
    out.push_back(std::move(facts));
  }
  if (order == Order::oldest) std::reverse(out.begin(), out.end());
  return out;
}

std::vector<TableIndex> indexes_of(const TableFacts& table) {
  if (table.path.empty()) {
    return {{IndexKind::time, open_index("time", table.first_index)},
            {IndexKind::event, open_index("event", table.first_index)},
            {IndexKind::task, open_index("task", table.first_index)}};
  }
  return {{IndexKind::time, "record_by_time"},
          {IndexKind::event, "record_by_event"},
          {IndexKind::task, "record_by_task"},
          {IndexKind::plan, "record_by_plan"},
          {IndexKind::vm, "record_by_vm"},
          {IndexKind::ip, "record_by_ip"},
          {IndexKind::stage, "record_by_stage"},
          {IndexKind::user, "record_by_user"},
          {IndexKind::provider, "record_by_provider"},
          {IndexKind::event_type, "record_by_event_type"},
          {IndexKind::success, "record_by_failure"}};
}

}  // namespace godwit::audit
