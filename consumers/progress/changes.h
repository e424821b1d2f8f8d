// Changes: what of some partitions has changed since some place in their logs, asked of the files here or of
// another instance. One question holds many jobs; a job is about one store. All streams are fed by this: a
// snapshot is everything that has changed since before the beginning.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sqlite/readers.h"
#include "consumers/progress/place.h"
#include "consumers/progress/projection.h"

namespace godwit::progress {

// Which tasks; empty members want all.
struct Choice {
  std::string task_id = {}, plan = {}, provider = {}, status = {};

  bool operator==(const Choice&) const = default;
};

struct Job {
  std::int64_t number = 0;
  std::string store;
  std::optional<Place> after;  // nullopt: only how far the store is
  bool snapshot = false;       // from the beginning: tasks as they are, without those removed
  Choice choice = {};
};

// One state of one task.
struct Change {
  Place place;
  std::string task_id, plan, provider, status;
  bool ended = false;    // nothing more follows within this attempt
  bool removed = false;  // then there is no JSON
  std::string json;
};

struct JobResult {
  std::int64_t number = 0;
  std::string store;
  Place at;                     // everything up to here that was asked for is in `changes`
  bool behind = false;          // the store is not as far as `after`: nothing can be said yet
  bool caught_up = true;        // it is as far as its log
  bool whole = true;            // false: ask again, after `at`
  std::vector<Change> changes;  // in the order of their places
};

struct ChangeLimits {
  std::size_t rows_max = 500;  // of one topic, in one result
};

// Shows a task as the API does.
using Show = std::function<std::string(const std::string& task_id, const Task& task)>;
// Whether anybody here wants that task; the others' states are not even read.
using Wanted = std::function<bool(std::string_view task_id)>;

// The results of those jobs whose store is among the files.
std::vector<JobResult> read_changes(const sqlite::Readers& files, const std::vector<Job>& jobs,
                                    const Show& show, const Wanted& wanted, const ChangeLimits& limits = {});

std::string jobs_json(const std::vector<Job>& jobs);
std::optional<std::vector<Job>> read_jobs(std::string_view json);
std::string results_json(const std::vector<JobResult>& results);
std::optional<std::vector<JobResult>> read_results(std::string_view json);

}  // namespace godwit::progress
