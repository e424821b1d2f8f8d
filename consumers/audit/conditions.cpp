#include "consumers/audit/conditions.h"

#include <fmt/format.h>

#include <algorithm>

namespace godwit::audit {
namespace {

// Bounds on the time, folded into one each: of two, SQLite would use one and scan by the other.
struct TimeBounds {
  std::optional<std::int64_t> low, high;

  void at_least(std::int64_t ms) { low = std::max(low.value_or(ms), ms); }
  void at_most(std::int64_t ms) { high = std::min(high.value_or(ms), ms); }
};

}  // namespace

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

Conditions range_of(const Filter& filter, Order order, const std::string& file,
                    const std::optional<Place>& after, const std::optional<Place>& until) {
  const bool newest = order == Order::newest;
  TimeBounds bounds{filter.start_ms, filter.end_ms};
  if (after) {
    // Rows of the cursor's own millisecond are still to come in files that follow its file in the order.
    if (newest)
      bounds.at_most(file <= after->file ? after->event_ms : after->event_ms - 1);
    else
      bounds.at_least(file >= after->file ? after->event_ms : after->event_ms + 1);
  }
  if (until) newest ? bounds.at_least(until->event_ms) : bounds.at_most(until->event_ms);
  Conditions out;
  out.add_if("event_ms >= ?", bounds.low);
  out.add_if("event_ms <= ?", bounds.high);
  if (after && after->file == file)
    out.add(newest ? "(event_ms, id) < (?, ?)" : "(event_ms, id) > (?, ?)", after->event_ms, after->id);
  return out;
}

}  // namespace godwit::audit
