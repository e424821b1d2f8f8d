// OpenColumns: what questions ask of the rows of a table that still grows, column by column in memory. Such a
// table has few indexes, because each takes a fifth of the time a row takes; its rows are read once into
// here, when a question comes, and a question then looks at 4 bytes a row. Of a text only a hash is kept:
// what it finds are candidates, for the table to confirm. Safe from every thread. Memory: about 40 bytes a
// row, of at most `tables_max` tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "consumers/audit/conditions.h"
#include "consumers/audit/filter.h"
#include "consumers/audit/visit.h"

namespace godwit::audit {

struct OpenColumnsOptions {
  std::size_t tables_max = 128;  // the least recently asked goes when another one comes
};

class OpenColumns {
 public:
  explicit OpenColumns(const OpenColumnsOptions& options = {});
  ~OpenColumns();
  OpenColumns(const OpenColumns&) = delete;
  OpenColumns& operator=(const OpenColumns&) = delete;

  // Of the rows within `range` that may meet the filter (times and words are not looked at), the first
  // `rows_max` in the order of pages; all that do meet it are among them, or lie behind the last of them.
  std::vector<RowPlace> candidates(const RecordTable& table, const Filter& filter, const PlaceRange& range,
                                   std::size_t rows_max);

 private:
  class Table;

  std::shared_ptr<Table> of(const std::string& key);

  const OpenColumnsOptions options_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Table>> tables_;
  std::uint64_t asked_ = 0;
};

}  // namespace godwit::audit
