// Questions to the audit's files: a page of what a filter lets through, in one order over all files, and all
// rows of one event. Reads only. A file that cannot be read is StoreUnavailable, never a shorter answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/sqlite/readers.h"
#include "consumers/audit/candidates.h"
#include "consumers/audit/cursor.h"
#include "consumers/audit/row.h"
#include "consumers/audit/search.h"

namespace godwit::audit {

// A row, and its place in the order of all files.
struct Found {
  Place place;
  Row row;
};

struct Page {
  std::vector<Found> rows;
  std::optional<Place> next;  // where the next page goes on; none after the last
  bool ended_early = false;   // a search that used up its time: `next` lies behind all that was looked at
};

class Archive {
 public:
  // `directory` holds the files; those that are ours to answer from are open in `all`.
  Archive(const sqlite::Readers& all, std::string directory, const SearchOptions& search = {})
      : all_(all), directory_(std::move(directory)), search_(search) {}

  // Questions to `files`, some or all of ours.
  Page page(const sqlite::Readers& files, const Filter& filter, const PageOptions& options) const;

  // Rows with this event id, from this source if one is given: those that are no duplicates first, then by
  // time. At most `rows_max` of each file.
  std::vector<Found> event(const sqlite::Readers& files, const std::string& event_id,
                           const std::optional<std::string>& source, std::int64_t rows_max) const;

  // The rows [first, end) of a partition, in order; all of them.
  std::vector<Row> rows(const sqlite::Readers& files, const std::string& file, std::int64_t first,
                        std::int64_t end) const;

  // The time of the latest event that was pruned and that a filter by time would let through; none for none.
  std::optional<Timestamp> pruned_before(const sqlite::Readers& files, const Filter& filter) const;
  // Whether a record of this event was pruned from one of these files.
  bool was_pruned(const sqlite::Readers& files, const std::string& event_id) const;

  // Each file's name and number of rows.
  std::vector<std::pair<std::string, std::int64_t>> sizes() const;

 private:
  void require_readable() const;

  const sqlite::Readers& all_;
  std::string directory_;
  SearchOptions search_;
  mutable OpenColumns open_;
};

}  // namespace godwit::audit
