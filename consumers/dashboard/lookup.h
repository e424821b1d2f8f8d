// Lookup: rows of tasks found by something else than their list: by name, by plan, by what has changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/cluster/list.h"
#include "common/sqlite/readers.h"
#include "consumers/dashboard/api_json.h"
#include "consumers/dashboard/recent.h"

namespace godwit::dashboard {

// Tasks whose id or whose VM's name begins with `text`, in either case, by task id.
cluster::Page find_tasks(const sqlite::Readers& files, const std::string& text, std::int64_t limit,
                         const Moment& moment);

// The tasks of a plan behind `after`, by task id.
cluster::Page tasks_of_plan(const sqlite::Readers& files, const std::string& plan_id,
                            const std::string& after, std::int64_t limit, const Moment& moment);

// The rows of these tasks as they are now, with commas between.
std::string changed_rows(const sqlite::Readers& files, const Recent::Changes& changes, const Moment& moment);

// The newest notes behind the cursor, newest first; places are cursors as of reading.h.
cluster::Page read_notes(const sqlite::Readers& files, const std::optional<Cursor>& behind,
                         std::int64_t limit);

}  // namespace godwit::dashboard
