#include "consumers/audit/conditions.h"

#include <fmt/format.h>

#include <algorithm>

namespace godwit::audit {
void Conditions::add_any_of(std::string_view column, const std::vector<std::string>& values) {
  if (values.empty()) return;
  std::string marks;
  for (const std::string& value : values) {
    marks += marks.empty() ? "?" : ",?";
    bound_.emplace_back(value);
  }
  sql_ += fmt::format(" AND {} IN ({})", column, marks);
}

int Conditions::bind(sqlite::Statement& statement, int index) const {
  for (const Value& value : bound_) {
    ++index;
    if (const auto* text = std::get_if<std::string>(&value)) {
      statement.bind_at(index, std::string_view{*text});
    } else {
      statement.bind_at(index, std::get<std::int64_t>(value));
    }
  }
  return index;
}

FilterConditions conditions_of(const Filter& filter, IndexKind index) {
  FilterConditions out;
  const auto part = [&](IndexKind kind) -> Conditions& { return index == kind ? out.indexed : out.others; };
  part(IndexKind::task).add_if("task_id = ?", filter.task_id);
  part(IndexKind::plan).add_if("plan_id = ?", filter.plan_id);
  part(IndexKind::vm).add_if("vm_name = ?", filter.vm_name);
  part(IndexKind::ip).add_if("ip_address = ?", filter.ip_address);
  part(IndexKind::stage).add_if("stage = ?", filter.stage);
  part(IndexKind::user).add_if("user = ?", filter.user);
  part(IndexKind::provider).add_if("provider = ?", filter.provider);
  part(IndexKind::event_type).add_any_of("event_type", filter.event_types);
  // Not bound: an index that holds only failures is of use when the text says so.
  if (filter.success) part(IndexKind::success).add(*filter.success ? "success = 1" : "success = 0");
  return out;
}

PlaceRange range_of(const Filter& filter, Order order, const std::string& file,
                    const std::optional<Place>& after, const std::optional<Place>& until) {
  const bool newest = order == Order::newest;
  PlaceRange out{order, filter.start_ms, filter.end_ms, std::nullopt};
  const auto at_least = [&](std::int64_t ms) {
    out.earliest_ms = std::max(out.earliest_ms.value_or(ms), ms);
  };
  const auto at_most = [&](std::int64_t ms) { out.latest_ms = std::min(out.latest_ms.value_or(ms), ms); };
  if (after) {
    // Rows of the cursor's own millisecond are still to come in files that follow its file in the order.
    if (newest)
      at_most(file <= after->file ? after->event_ms : after->event_ms - 1);
    else
      at_least(file >= after->file ? after->event_ms : after->event_ms + 1);
    if (after->file == file) out.beyond = {after->event_ms, after->id};
  }
  if (until) newest ? at_least(until->event_ms) : at_most(until->event_ms);
  return out;
}

// The bounds on the time are one each: of two, SQLite would use one and scan by the other.
Conditions conditions_of(const PlaceRange& range) {
  Conditions out;
  out.add_if("event_ms >= ?", range.earliest_ms);
  out.add_if("event_ms <= ?", range.latest_ms);
  if (range.beyond)
    out.add(range.order == Order::newest ? "(event_ms, id) < (?, ?)" : "(event_ms, id) > (?, ?)",
            range.beyond->event_ms, range.beyond->id);
  return out;
}

}  // namespace godwit::audit
