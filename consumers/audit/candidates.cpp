#include "consumers/audit/candidates.h"

#include <algorithm>

#include "consumers/audit/conditions.h"
#include "consumers/audit/visit.h"

namespace godwit::audit {
namespace {

void read_candidates(const RecordTable& table, const Filter& filter, const PageOptions& options,
                     std::vector<Candidate>& out) {
  const TableIndex* index = choose_index(filter, table.indexes);
  const auto conditions = conditions_of(filter, index == nullptr ? IndexKind::time : index->kind);
  // What lies behind a full page of other tables' rows need not be read.
  const bool full = out.size() > static_cast<std::size_t>(options.rows_max);
  const auto range = range_of(filter, options.order, table.file(), options.after,
                              full ? std::optional{out.back().place} : std::nullopt);
  const std::string_view direction = options.order == Order::newest ? "DESC" : "ASC";
  auto rows = table.db.prepare(fmt::format(
      "SELECT event_ms, id, length(headers) + coalesce(length(key), 0) + coalesce(length(value), 0) "
      "FROM {0} WHERE {1} AND {2} AND {3} ORDER BY event_ms {4}, id {4} LIMIT {5}",
      table.by(index), range.sql(), conditions.indexed.sql(), conditions.others.sql(), direction,
      options.rows_max + 1));
  conditions.others.bind(rows, conditions.indexed.bind(rows, range.bind(rows, 0)));
  const std::string key = table.key();
  while (rows.step()) out.push_back({{rows.integer(0), table.file(), rows.integer(1)}, rows.integer(2), key});
}

bool may_hold(std::int64_t earliest_ms, std::int64_t latest_ms, const Filter& filter,
              const PageOptions& options, const std::optional<Place>& last) {
  if (filter.start_ms && latest_ms < *filter.start_ms) return false;
  if (filter.end_ms && earliest_ms > *filter.end_ms) return false;
  const bool newest = options.order == Order::newest;
  if (options.after && (newest ? earliest_ms > options.after->event_ms : latest_ms < options.after->event_ms))
    return false;
  return !last || (newest ? latest_ms >= last->event_ms : earliest_ms <= last->event_ms);
}

}  // namespace

void keep_first(std::vector<Candidate>& all, const PageOptions& options) {
  std::sort(all.begin(), all.end(), [&](const Candidate& a, const Candidate& b) {
    return comes_before(a.place, b.place, options.order);
  });
  const auto same = [](const Candidate& a, const Candidate& b) { return a.place == b.place; };
  all.erase(std::unique(all.begin(), all.end(), same), all.end());
  const auto kept = static_cast<std::size_t>(options.rows_max) + 1;
  if (all.size() > kept) all.resize(kept);
}

Selection select_rows(const sqlite::Readers& files, const Filter& filter, const PageOptions& options) {
  Selection out;
  // Not a table all of whose rows lie outside the question's time, before the cursor, or behind a page that
  // is full.
  const auto wants = [&](const TableFacts& table) {
    if (!table.earliest_ms) return true;
    const bool full = out.rows.size() > static_cast<std::size_t>(options.rows_max);
    return may_hold(*table.earliest_ms, *table.latest_ms, filter, options,
                    full ? std::optional{out.rows.back().place} : std::nullopt);
  };
  for_each_table(files, options.order, wants, [&](const RecordTable& table) {
    read_candidates(table, filter, options, out.rows);
    keep_first(out.rows, options);
  });
  return out;
}

}  // namespace godwit::audit
