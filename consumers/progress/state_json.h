// A Task as JSON: for the store (everything, read back) and for the API (the public contract, schemas of
// reference in README.md).
#pragma once

#include <string>
#include <string_view>

#include "consumers/progress/projection.h"

namespace godwit::progress {

std::string store_json(const Task& task);
Task read_store_json(std::string_view json);

// One task as the API shows it. `stalled` is the view's to say: it needs a clock.
std::string api_json(const std::string& task_id, const Task& task, bool stalled, const Weights& weights = {});

// {"task_id","status","attempt","transitions":[...],"stages":[{"stage","status","start_time","end_time",
// "samples":[...]}],"rounds":[...]}: what a chart of a task is drawn from.
std::string timeline_json(const std::string& task_id, const Task& task);

}  // namespace godwit::progress
