#include "consumers/audit/search.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "consumers/audit/conditions.h"
#include "consumers/audit/free_text.h"
#include "consumers/audit/record_table.h"
#include "consumers/audit/visit.h"

namespace godwit::audit {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int event_ms_column = row_columns_count;
constexpr int passes_column = row_columns_count + 1;

class Search {
 public:
  Search(const sqlite::Readers& files, const Filter& filter, const PageOptions& page,
         const SearchOptions& options)
      : files_(files), filter_(filter), page_(page), options_(options), words_(filter.words) {}

  Selection run() {
    for (std::int64_t step = options_.step_rows_min;; step = std::min(2 * step, options_.step_rows_max)) {
      known_until_.reset();
      for_each_table(
          files_, page_.order, [this](const TableFacts& table) { return has_more(table); },
          [&](const RecordTable& table) { go_on(table, step); });
      in_a_hurry_ = true;
      if (!known_until_ || page_is_full() || Steady::now() >= deadline_) return finish();
    }
  }

 private:
  // How far a table has been read.
  struct Progress {
    std::optional<Place> until;
    bool ended = false;
  };

  // Whether a table is to be read on in this round.
  bool has_more(const TableFacts& table) {
    const Progress& progress = tables_[table.key()];
    if (progress.ended) return false;
    return !known_until_ || !progress.until || before(*progress.until, *known_until_);
  }

  void go_on(const RecordTable& table, std::int64_t rows_max) {
    Progress& progress = tables_[table.key()];
    auto rows = prepare(table, progress);
    std::int64_t count = 0;
    while (rows.step()) {
      progress.until = Place{rows.integer(event_ms_column), table.file(), rows.integer(2)};
      if (rows.integer(passes_column) != 0) look_at(rows, table, *progress.until);
      if (++count == rows_max || (in_a_hurry_ && Steady::now() >= deadline_)) {
        if (!known_until_ || before(*progress.until, *known_until_)) known_until_ = progress.until;
        return;
      }
    }
    if (!known_until_)
      progress.ended = true;
    else if (!progress.until || before(*progress.until, *known_until_))
      progress.until = known_until_;
  }

  // The rows behind what has been read, up to where another table has stopped. Conditions without an index
  // are a column, not part of WHERE: SQLite would not come back before it had found a row that meets them.
  sqlite::Statement prepare(const RecordTable& table, const Progress& progress) const {
    const TableIndex* index = choose_index(filter_, table.indexes);
    const auto conditions = conditions_of(filter_, index == nullptr ? IndexKind::time : index->kind);
    const auto range = conditions_of(range_of(filter_, page_.order, table.file(),
                                              progress.until ? progress.until : page_.after, known_until_));
    // CROSS JOIN: the index gives the order only when its table is the outer one.
    auto rows = table.db.prepare(
        fmt::format("SELECT {0}, event_ms, {1} FROM {2} CROSS JOIN origin WHERE {3} AND {4} ORDER BY "
                    "event_ms {5}, id {5}",
                    row_columns(), conditions.others.sql(), table.by(index), range.sql(),
                    conditions.indexed.sql(), page_.order == Order::newest ? "DESC" : "ASC"));
    conditions.indexed.bind(rows, range.bind(rows, conditions.others.bind(rows, 0)));
    return rows;
  }

  void look_at(const sqlite::Statement& rows, const RecordTable& table, const Place& place) {
    const Row row = read_row(rows);
    words_.start();
    words_.look_in(row.value.value_or(""));
    words_.look_in(row.key.value_or(""));
    words_.look_in(row.event_id);
    if (!words_.found_all()) look_in_entry(row, place);
    if (!words_.found_all()) return;
    const auto bytes = row.headers.size() + row.key.value_or("").size() + row.value.value_or("").size();
    found_.push_back({place, static_cast<std::int64_t>(bytes), table.key()});
  }

  void look_in_entry(const Row& row, const Place& place) {
    const auto entry = entry_of(row);
    if (!entry) throw damaged(place.file, row, entry.error());
    words_.look_in(entry->description.value_or(""));
    words_.look_in(entry->action);
  }

  bool before(const Place& a, const Place& b) const { return comes_before(a, b, page_.order); }

  bool page_is_full() const {
    const auto known = std::count_if(found_.begin(), found_.end(), [this](const Candidate& row) {
      return !before(*known_until_, row.place);
    });
    return known > page_.rows_max;
  }

  Selection finish() {
    if (known_until_)
      std::erase_if(found_, [this](const Candidate& row) { return before(*known_until_, row.place); });
    keep_first(found_, page_);
    return {std::move(found_), known_until_};
  }

  const sqlite::Readers& files_;
  const Filter& filter_;
  const PageOptions& page_;
  const SearchOptions options_;
  const Steady::time_point deadline_ = Steady::now() + options_.time_max;
  WordSearch words_;
  std::map<std::string, Progress> tables_;
  std::vector<Candidate> found_;
  std::optional<Place> known_until_;  // the earliest place where a table has stopped in this round
  bool in_a_hurry_ = false;           // from the second round on
};

}  // namespace

Selection search_rows(const sqlite::Readers& files, const Filter& filter, const PageOptions& options,
                      const SearchOptions& search) {
  return Search{files, filter, options, search}.run();
}

}  // namespace godwit::audit
