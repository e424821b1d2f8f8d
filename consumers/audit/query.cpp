#include "consumers/audit/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "common/sqlite/partition_directory.h"
#include "consumers/audit/keep/pruned_table.h"
#include "consumers/audit/record_table.h"
#include "consumers/audit/visit.h"

namespace godwit::audit {
namespace {

using projection::StoreUnavailable;

constexpr int sqlite_error = 1;  // the primary code of "no such table": a file another thread is just making
constexpr int primary_code = 0xFF;

// How many of the candidates the page has room for.
std::size_t rows_that_fit(const std::vector<Candidate>& all, const PageOptions& options) {
  std::size_t count = 0;
  std::int64_t bytes = 0;
  for (const Candidate& candidate : all) {
    bytes += candidate.bytes;
    if (count == static_cast<std::size_t>(options.rows_max) || (count > 0 && bytes > options.bytes_max))
      break;
    ++count;
  }
  return count;
}

// Reads the rows of `wanted` that `rows` lacks and that `in_table` says are in a table.
template <class InTable>
void fetch_from(const sqlite::Readers& files, const std::vector<Candidate>& wanted,
                std::map<Place, Row>& rows, InTable in_table) {
  const auto lies_in = [&](const Candidate& candidate, const TableFacts& table) {
    return !rows.contains(candidate.place) && in_table(candidate, table);
  };
  const auto wants = [&](const TableFacts& table) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const Candidate& candidate) { return lies_in(candidate, table); });
  };
  for_each_table(files, Order::newest, wants, [&](const RecordTable& table) {
    std::optional<sqlite::Statement> row;
    for (const Candidate& candidate : wanted) {
      if (!lies_in(candidate, table.facts)) continue;
      if (!row)
        row = table.db.prepare(
            fmt::format("SELECT {} FROM {}, origin WHERE id = ?", row_columns(), table.name()));
      if (row->bind(candidate.place.id).step()) rows.emplace(candidate.place, read_row(*row));
      row->reset();
    }
  });
}

std::vector<Found> fetch(const sqlite::Readers& files, const std::vector<Candidate>& wanted) {
  std::map<Place, Row> rows;
  fetch_from(files, wanted, rows, [](const Candidate& candidate, const TableFacts& table) {
    return candidate.table == table.key();
  });
  // Rows may have moved to another table of their file meanwhile.
  if (rows.size() < wanted.size())
    fetch_from(files, wanted, rows, [](const Candidate& candidate, const TableFacts& table) {
      return candidate.place.file == table.file;
    });
  std::vector<Found> out;
  for (const Candidate& candidate : wanted) {
    auto found = rows.find(candidate.place);
    // Rows never go, so the file has: another instance answers for it now.
    if (found == rows.end())
      throw StoreUnavailable{fmt::format("{} was given up while it was read", candidate.place.file)};
    out.push_back({candidate.place, std::move(found->second)});
  }
  return out;
}

// Throws when `path` is no readable file of ours.
void probe(const std::string& path) {
  auto db = sqlite::Database::open(path, sqlite::OpenMode::read_only);
  if (!db) throw StoreUnavailable{db.error().message};
  try {
    (void)db->prepare("SELECT max(id) FROM record").step();
  } catch (const sqlite::StoreFailure& failure) {
    if ((failure.code() & primary_code) != sqlite_error) throw;
  }
}

}  // namespace

// A damaged file may not even open, and then the loop has no store for it: it would be missing from the
// answer without a word. Files that are sound and not open are another instance's to answer for.
void Archive::require_readable() const {
  const auto names = all_.names();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{directory_, error}) {
    const auto& path = entry.path();
    if (path.extension() == ".db" &&
        std::find(names.begin(), names.end(), sqlite::store_of_file(path.filename())) == names.end())
      probe(path.string());
  }
}

Page Archive::page(const sqlite::Readers& files, const Filter& filter, const PageOptions& options) const {
  require_readable();
  Selection selection = filter.words.empty() ? select_rows(files, open_, filter, options)
                                             : search_rows(files, filter, options, search_);
  Page out;
  const std::size_t count = rows_that_fit(selection.rows, options);
  if (count < selection.rows.size()) {
    out.next = selection.rows[count - 1].place;
  } else if (selection.known_until) {
    out.next = selection.known_until;
    out.ended_early = true;
  }
  selection.rows.resize(count);
  out.rows = fetch(files, selection.rows);
  return out;
}

std::vector<Found> Archive::event(const sqlite::Readers& files, const std::string& event_id,
                                  const std::optional<std::string>& source, std::int64_t rows_max) const {
  require_readable();
  struct Ranked {
    bool duplicate;
    Place place;
    auto operator<=>(const Ranked&) const = default;
  };
  std::vector<std::pair<Ranked, Found>> found;
  for_each_table(files, [&](const RecordTable& table) {
    auto rows = table.db.prepare(fmt::format(
        "SELECT {}, event_ms FROM {} CROSS JOIN origin WHERE event_id = ?1 AND (?2 IS NULL OR source = ?2) "
        "ORDER BY duplicate, event_ms, id LIMIT ?3",
        row_columns(), table.by(find_index(table.indexes, IndexKind::event))));
    rows.bind(event_id, source, rows_max);
    while (rows.step()) {
      Row row = read_row(rows);
      const Ranked rank{row.duplicate, {rows.integer(row_columns_count), table.file(), row.id}};
      found.emplace_back(rank, Found{rank.place, std::move(row)});
    }
  });
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Found> out;
  out.reserve(found.size());
  for (auto& [rank, each] : found) out.push_back(std::move(each));
  return out;
}

std::vector<Row> Archive::rows(const sqlite::Readers& files, const std::string& file, std::int64_t first,
                               std::int64_t end) const {
  std::map<std::int64_t, Row> found;
  const auto wants = [&](const TableFacts& table) {
    return table.file == file && table.first_index < end && table.end_index > first;
  };
  for_each_table(files, Order::oldest, wants, [&](const RecordTable& table) {
    auto rows = table.db.prepare(
        fmt::format("SELECT {} FROM {}, origin WHERE id >= ? AND id < ?", row_columns(), table.name()));
    rows.bind(first, end);
    while (rows.step()) found.emplace(rows.integer(2), read_row(rows));
  });
  if (static_cast<std::int64_t>(found.size()) != end - first)
    throw StoreUnavailable{fmt::format("{}: records [{}, {}) are not all there", file, first, end)};
  std::vector<Row> out;
  out.reserve(found.size());
  for (auto& [id, row] : found) out.push_back(std::move(row));
  return out;
}

std::optional<Timestamp> Archive::pruned_before(const sqlite::Readers& files, const Filter& filter) const {
  std::optional<std::int64_t> out;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    for (const keep::Pruned& each : keep::pruned_segments(db)) {
      const Segment& segment = each.segment;
      if ((filter.start_ms && segment.latest_ms < *filter.start_ms) ||
          (filter.end_ms && segment.earliest_ms > *filter.end_ms))
        continue;
      out = std::max(out.value_or(segment.latest_ms), segment.latest_ms);
    }
    return true;
  });
  return out ? std::optional{from_unix_ms(*out)} : std::nullopt;
}

bool Archive::was_pruned(const sqlite::Readers& files, const std::string& event_id) const {
  bool out = false;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    out = keep::was_pruned(db, event_id);
    return !out;
  });
  return out;
}

std::vector<std::pair<std::string, std::int64_t>> Archive::sizes() const {
  require_readable();
  std::vector<std::pair<std::string, std::int64_t>> out;
  all_.for_each([&](const std::string& file, sqlite::Database& db) {
    auto rows = db.prepare("SELECT size FROM tree");
    out.emplace_back(file, rows.step() ? rows.integer(0) : 0);
    return true;
  });
  return out;
}

}  // namespace godwit::audit
