#include "consumers/audit/candidates.h"

#include <algorithm>

#include "consumers/audit/conditions.h"
#include "consumers/audit/visit.h"

namespace godwit::audit {
namespace {

constexpr std::string_view bytes_of_row =
    "length(headers) + coalesce(length(key), 0) + coalesce(length(value), 0)";

// By the table's best index, in the order of pages.
void read_by_index(const RecordTable& table, const TableIndex* index, const Filter& filter,
                   const PlaceRange& place_range, std::int64_t rows_max, std::vector<Candidate>& out) {
  const auto conditions = conditions_of(filter, index == nullptr ? IndexKind::time : index->kind);
  const auto range = conditions_of(place_range);
  const std::string_view direction = place_range.order == Order::newest ? "DESC" : "ASC";
  auto rows = table.db.prepare(fmt::format(
      "SELECT event_ms, id, {0} FROM {1} WHERE {2} AND {3} AND {4} ORDER BY event_ms {5}, id {5} LIMIT {6}",
      bytes_of_row, table.by(index), range.sql(), conditions.indexed.sql(), conditions.others.sql(),
      direction, rows_max));
  conditions.others.bind(rows, conditions.indexed.bind(rows, range.bind(rows, 0)));
  while (rows.step())
    out.push_back({{rows.integer(0), table.file(), rows.integer(1)}, rows.integer(2), table.key()});
}

// By its columns in memory: the table has no index for what is asked. What they find may be another text of
// the same hash, so the table is asked whether it is, and the columns for more when it was not.
void read_by_columns(const RecordTable& table, OpenColumns& open, const Filter& filter, PlaceRange range,
                     std::int64_t rows_max, std::vector<Candidate>& out) {
  const auto conditions = conditions_of(filter, IndexKind::time).others;
  auto row = table.db.prepare(
      fmt::format("SELECT {} FROM {} WHERE {} AND id = ?", bytes_of_row, table.name(), conditions.sql()));
  for (auto count_max = static_cast<std::size_t>(rows_max);;) {
    const auto places = open.candidates(table, filter, range, count_max);
    std::size_t confirmed = 0;
    for (const RowPlace& place : places) {
      row.bind_at(conditions.bind(row, 0) + 1, place.id);
      if (row.step()) {
        out.push_back({{place.event_ms, table.file(), place.id}, row.integer(0), table.key()});
        ++confirmed;
      }
      row.reset();
    }
    if (places.size() < count_max || confirmed == count_max) return;
    count_max -= confirmed;
    range.beyond = places.back();
  }
}

void read_candidates(const RecordTable& table, OpenColumns& open, const Filter& filter,
                     const PageOptions& options, std::vector<Candidate>& out) {
  // What lies behind a full page of other tables' rows need not be read.
  const bool full = out.size() > static_cast<std::size_t>(options.rows_max);
  const auto range = range_of(filter, options.order, table.file(), options.after,
                              full ? std::optional{out.back().place} : std::nullopt);
  const TableIndex* index = choose_index(filter, table.indexes);
  const bool unindexed = table.facts.path.empty() && index != nullptr && index->kind == IndexKind::time;
  if (unindexed && narrows(filter))
    read_by_columns(table, open, filter, range, options.rows_max + 1, out);
  else
    read_by_index(table, index, filter, range, options.rows_max + 1, out);
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

Selection select_rows(const sqlite::Readers& files, OpenColumns& open, const Filter& filter,
                      const PageOptions& options) {
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
    read_candidates(table, open, filter, options, out.rows);
    keep_first(out.rows, options);
  });
  return out;
}

}  // namespace godwit::audit
