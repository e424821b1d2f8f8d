// The list of tasks: what a request asks for, and the rows of some files that answer it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/cluster/list.h"
#include "common/http/parameters.h"
#include "consumers/progress/projection.h"

namespace godwit::progress {

enum class SortKey { task_id, vm_name, started, updated };

struct TaskQuestion {
  static constexpr std::int64_t limit_max = 1000;
  static constexpr std::int64_t limit_default = 100;
  static constexpr int scanned_max = 20'000;  // rows of one file looked at for one page

  std::optional<std::string> status, provider, plan, user;
  std::optional<bool> stalled;
  std::optional<std::string> text;  // in lower case
  SortKey sort = SortKey::task_id;
  bool descending = false;
  std::optional<std::string> after;  // the place of the row before the first
  std::int64_t limit = limit_default;
};

// The statuses the API knows.
Result<std::optional<std::string>, http::BadParameter> query_status(const http::Request& request);

Result<TaskQuestion, http::BadParameter> read_task_question(const http::Request& request);

// Whether the place `a` comes before `b`. A place is "<value of the sort key>|<task id>", or just the id.
bool comes_before(const TaskQuestion& question, std::string_view a, std::string_view b);

// How a task is shown.
using ShowTask = std::function<std::string(const std::string& task_id, const Task& task)>;

// The first rows behind the cursor, in order. `stalled_before_ms`: who waits and was last heard of before
// that is stalled.
cluster::Page read_tasks(const sqlite::Readers& files, const TaskQuestion& question,
                         std::int64_t stalled_before_ms, const ShowTask& show);

}  // namespace godwit::progress
