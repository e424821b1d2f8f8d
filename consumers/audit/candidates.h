// Candidates: rows that may be on a page, known by place and size before their bytes are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/sqlite/readers.h"
#include "consumers/audit/cursor.h"
#include "consumers/audit/filter.h"
#include "consumers/audit/open_columns.h"

namespace godwit::audit {

struct PageOptions {
  std::int64_t rows_max = 100;
  std::int64_t bytes_max = 8 * 1024 * 1024;  // of records; a page has one row at least
  Order order = Order::newest;
  std::optional<Place> after = {};  // where the page before ended
};

struct Candidate {
  Place place;
  std::int64_t bytes = 0;
  std::string table;  // RecordTable::key()
};

struct Selection {
  std::vector<Candidate> rows;       // in order; one more than rows_max when there are more
  std::optional<Place> known_until;  // when not all was looked at: behind this nothing is known
};

inline bool comes_before(const Place& a, const Place& b, Order order) {
  return order == Order::newest ? b < a : a < b;
}

// Sorts, drops a row found twice, and keeps the first rows_max + 1.
void keep_first(std::vector<Candidate>& all, const PageOptions& options);

// The first rows that a filter without words lets through.
Selection select_rows(const sqlite::Readers& files, OpenColumns& open, const Filter& filter,
                      const PageOptions& options);

}  // namespace godwit::audit
