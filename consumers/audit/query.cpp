#include "consumers/audit/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>
#include <variant>

#include "common/sqlite/partition_directory.h"
#include "consumers/audit/record_table.h"

namespace godwit::audit {
namespace {

using projection::StoreUnavailable;

constexpr int sqlite_error = 1;  // the primary code of "no such table": a file another thread is just making
constexpr int primary_code = 0xFF;

// A row of the page, before its bytes are read.
struct Candidate {
  Place place;
  std::int64_t bytes = 0;
};

// A WHERE clause as it grows, with what is to be bound. Texts are the client's and are only ever bound.
class Conditions {
 public:
  template <class... Values>
  void add(std::string_view sql, const Values&... values) {
    sql_ += fmt::format(" AND {}", sql);
    (bound_.emplace_back(values), ...);
  }
  template <class T>
  void add_if(std::string_view sql, const std::optional<T>& maybe) {
    if (maybe) add(sql, *maybe);
  }
  void add_any_of(std::string_view column, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string marks;
    for (const std::string& value : values) {
      marks += marks.empty() ? "?" : ",?";
      bound_.emplace_back(value);
    }
    sql_ += fmt::format(" AND {} IN ({})", column, marks);
  }
  const std::string& sql() const { return sql_; }
  void bind(sqlite::Statement& statement) const {
    int index = 0;
    for (const Value& value : bound_) {
      ++index;
      if (const auto* text = std::get_if<std::string>(&value)) {
        statement.bind_at(index, std::string_view{*text});
      } else {
        statement.bind_at(index, std::get<std::int64_t>(value));
      }
    }
  }

 private:
  using Value = std::variant<std::int64_t, std::string>;

  std::string sql_ = "1";
  std::vector<Value> bound_;
};

// The part of the order that lies in `file`: bounds on time, folded into one each, and the rest of the
// cursor.
void add_range(Conditions& where, const Filter& filter, const PageOptions& options, const std::string& file) {
  std::optional<std::int64_t> low = filter.start_ms;
  std::optional<std::int64_t> high = filter.end_ms;
  const bool newest = options.order == Order::newest;
  if (const auto& after = options.after) {
    // Rows of the cursor's own millisecond are still to come in files that follow its file in the order.
    const bool whole_ms = newest ? file <= after->file : file >= after->file;
    if (newest) {
      const std::int64_t bound = whole_ms ? after->event_ms : after->event_ms - 1;
      high = std::min(high.value_or(bound), bound);
    } else {
      const std::int64_t bound = whole_ms ? after->event_ms : after->event_ms + 1;
      low = std::max(low.value_or(bound), bound);
    }
  }
  where.add_if("event_ms >= ?", low);
  where.add_if("event_ms <= ?", high);
  if (options.after && options.after->file == file) {
    where.add(newest ? "(event_ms, id) < (?, ?)" : "(event_ms, id) > (?, ?)", options.after->event_ms,
              options.after->id);
  }
}

void add_filter(Conditions& where, const Filter& filter) {
  where.add_if("task_id = ?", filter.task_id);
  where.add_if("vm_name = ?", filter.vm_name);
  where.add_if("provider = ?", filter.provider);
  where.add_if("user = ?", filter.user);
  where.add_any_of("event_type", filter.event_types);
  if (filter.success) where.add("success = ?", std::int64_t{*filter.success});
}

void read_candidates(sqlite::Database& db, const std::string& file, const Filter& filter,
                     const PageOptions& options, std::vector<Candidate>& out) {
  Conditions where;
  add_range(where, filter, options, file);
  add_filter(where, filter);
  const std::string_view direction = options.order == Order::newest ? "DESC" : "ASC";
  auto rows =
      db.prepare(fmt::format("SELECT event_ms, id, length(headers) + coalesce(length(key), 0) + "
                             "coalesce(length(value), 0) FROM record INDEXED BY {} "
                             "WHERE {} ORDER BY event_ms {}, id {} LIMIT {}",
                             filter.task_id ? "record_by_task_0" : "record_by_time_0", where.sql(), direction,
                             direction, options.rows_max + 1));
  where.bind(rows);
  while (rows.step()) out.push_back({{rows.integer(0), file, rows.integer(1)}, rows.integer(2)});
}

// Keeps the first rows_max + 1 of the order.
void keep_first(std::vector<Candidate>& all, const PageOptions& options) {
  std::sort(all.begin(), all.end(), [&](const Candidate& a, const Candidate& b) {
    return options.order == Order::newest ? b.place < a.place : a.place < b.place;
  });
  const auto kept = static_cast<std::size_t>(options.rows_max) + 1;
  if (all.size() > kept) all.resize(kept);
}

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

std::vector<Found> fetch(const sqlite::Readers& readers, const std::vector<Candidate>& wanted) {
  std::map<Place, Row> rows;
  readers.for_each([&](const std::string& file, sqlite::Database& db) {
    auto row = db.prepare(fmt::format("SELECT {} FROM record, origin WHERE id = ?", row_columns()));
    for (const Candidate& candidate : wanted) {
      if (candidate.place.file != file || !row.bind(candidate.place.id).step()) continue;
      rows.emplace(candidate.place, read_row(row));
      row.reset();
    }
    return true;
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
  std::vector<Candidate> candidates;
  files.for_each([&](const std::string& file, sqlite::Database& db) {
    read_candidates(db, file, filter, options, candidates);
    keep_first(candidates, options);
    return true;
  });
  Page out;
  const std::size_t count = rows_that_fit(candidates, options);
  if (count < candidates.size()) out.next = candidates[count - 1].place;
  candidates.resize(count);
  out.rows = fetch(files, candidates);
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
  files.for_each([&](const std::string& file, sqlite::Database& db) {
    auto rows = db.prepare(fmt::format(
        "SELECT {}, event_ms FROM record, origin WHERE event_id = ?1 AND (?2 IS NULL OR source = ?2) "
        "ORDER BY duplicate, event_ms, id LIMIT ?3",
        row_columns()));
    rows.bind(event_id, source, rows_max);
    while (rows.step()) {
      Row row = read_row(rows);
      const Ranked rank{row.duplicate, {rows.integer(row_columns_count), file, row.id}};
      found.emplace_back(rank, Found{rank.place, std::move(row)});
    }
    return true;
  });
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Found> out;
  out.reserve(found.size());
  for (auto& [rank, each] : found) out.push_back(std::move(each));
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
