// Search: the rows of a filter with words. No index helps, so records are read one by one, for a bounded
// time: all tables side by side along the order of pages, so that what has been read when the time is over is
// a beginning of the order, and the next page goes on behind it.
#pragma once

#include "common/base/clock.h"
#include "consumers/audit/candidates.h"

namespace godwit::audit {

struct SearchOptions {
  Millis time_max{500};              // for one page
  std::int64_t step_rows_min = 256;  // read of a table before the next one's turn, also when the time is
                                     // over: so every page gets on
  std::int64_t step_rows_max = 4096;
};

Selection search_rows(const sqlite::Readers& files, const Filter& filter, const PageOptions& options,
                      const SearchOptions& search);

}  // namespace godwit::audit
