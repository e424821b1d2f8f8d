#include "consumers/progress/changes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/event/catalogue.h"
#include "consumers/progress/state_json.h"

namespace godwit::progress {
namespace {

constexpr const char* columns =
    "task_id, plan_id, provider, status, removed, lifecycle_next, progress_next, state";

Place position_of(sqlite::Database& db) {
  Place out;
  auto rows = db.prepare("SELECT topic, next_offset FROM position");
  while (rows.step()) {
    if (rows.text(0) == event::topic_name(event::Topic::lifecycle)) out.lifecycle = rows.integer(1);
    if (rows.text(0) == event::topic_name(event::Topic::progress)) out.progress = rows.integer(1);
  }
  return out;
}

// The changes of one job.
class Reading {
 public:
  Reading(sqlite::Database& db, const Job& job, const Show& show, const Wanted& wanted,
          const ChangeLimits& limits)
      : db_(db), job_(job), show_(show), wanted_(wanted), limits_(limits) {}

  JobResult run() {
    out_.number = job_.number;
    out_.store = job_.store;
    const Place position = position_of(db_);
    out_.at = position;
    if (!job_.after) return std::move(out_);
    after_ = *job_.after;
    // A snapshot goes through the tasks in the order of their lifecycle; what ticks change meanwhile follows.
    if (job_.snapshot && after_.lifecycle < 0) after_.progress = position.progress;
    out_.behind = beyond(after_, position);
    if (out_.behind) return std::move(out_);
    if (!job_.choice.task_id.empty())
      read_one();
    else
      read_all();
    std::stable_sort(out_.changes.begin(), out_.changes.end(), [](const Change& a, const Change& b) {
      return std::pair{a.place.lifecycle, a.place.progress} < std::pair{b.place.lifecycle, b.place.progress};
    });
    return std::move(out_);
  }

 private:
  void read_one() {
    auto rows = db_.prepare(std::string{"SELECT "} + columns + " FROM task WHERE task_id = ?");
    read_overtaken(" AND task_id = ?");
    if (rows.bind(job_.choice.task_id).step()) take(rows);
  }

  void read_all() {
    read_by("lifecycle_next", after_.lifecycle, out_.at.lifecycle);
    if (!job_.snapshot) read_overtaken("");
    read_by("progress_next", after_.progress, out_.at.progress);
  }

  // Rows in the order of one topic, and how far that is then.
  void read_by(const std::string& column, std::int64_t after, std::int64_t& at) {
    std::string sql = std::string{"SELECT "} + columns + " FROM task WHERE " + column + " > ?";
    if (job_.snapshot) sql += " AND removed = 0";
    // Who comes back is told of tasks that have left the status as well.
    const auto& [task_id, plan, provider, status] = job_.choice;
    struct Equal {
      const char* column;
      const std::string& wanted;
      bool asked;
    };
    const std::array conditions{Equal{"plan_id", plan, !plan.empty()},
                                Equal{"provider", provider, !provider.empty()},
                                Equal{"status", status, job_.snapshot && !status.empty()}};
    for (const Equal& condition : conditions)
      if (condition.asked) sql += std::string{" AND "} + condition.column + " = ?";
    auto rows = db_.prepare(sql + " ORDER BY " + column + " LIMIT " + std::to_string(limits_.rows_max));
    int index = 0;
    rows.bind_at(++index, after);
    for (const Equal& condition : conditions)
      if (condition.asked) rows.bind_at(++index, condition.wanted);
    const int place = column == "lifecycle_next" ? 5 : 6;
    std::size_t count = 0;
    std::int64_t last = 0;
    while (rows.step()) {
      ++count;
      last = rows.integer(place);
      take(rows);
    }
    if (count < limits_.rows_max) return;
    at = last;
    out_.whole = false;
  }

  void take(const sqlite::Statement& row) {
    const Place place{row.integer(5), row.integer(6)};
    if (!beyond(place, after_) && !job_.snapshot) return;
    std::string task_id{row.text(0)};
    if (!wanted_(task_id) || is_there(task_id, place)) return;
    const bool removed = row.integer(4) != 0;
    if (removed && job_.snapshot) return;
    Change change{.place = place,
                  .task_id = std::move(task_id),
                  .plan = std::string{row.text(1)},
                  .provider = std::string{row.text(2)},
                  .status = std::string{row.text(3)},
                  .ended = removed,
                  .removed = removed,
                  .json = {}};
    if (!removed) {
      const Task task = read_store_json(row.text(7));
      change.ended = projection::is_terminal(task.life.phase);
      change.json = show_(change.task_id, task);
    }
    out_.changes.push_back(std::move(change));
  }

  // A row may be read in the order of both topics.
  bool is_there(const std::string& task_id, const Place& place) const {
    return std::any_of(out_.changes.begin(), out_.changes.end(), [&](const Change& change) {
      return change.place == place && change.task_id == task_id;
    });
  }

  void read_overtaken(const std::string& condition) {
    auto rows = db_.prepare(
        "SELECT task_id, lifecycle_next, progress_next, state FROM overtaken WHERE lifecycle_next > ? AND "
        "lifecycle_next <= ?" +
        condition);
    rows.bind_at(1, after_.lifecycle);
    rows.bind_at(2, out_.at.lifecycle);
    if (!condition.empty()) rows.bind_at(3, job_.choice.task_id);
    while (rows.step()) {
      std::string task_id{rows.text(0)};
      if (!wanted_(task_id)) continue;
      const Task task = read_store_json(rows.text(3));
      out_.changes.push_back({.place = {rows.integer(1), rows.integer(2)},
                              .task_id = task_id,
                              .plan = task.plan_id,
                              .provider = task.provider,
                              .status = std::string{status_name(task)},
                              .ended = true,
                              .removed = false,
                              .json = show_(task_id, task)});
    }
  }

  sqlite::Database& db_;
  const Job& job_;
  const Show& show_;
  const Wanted& wanted_;
  const ChangeLimits& limits_;
  Place after_;
  JobResult out_;
};

}  // namespace

std::vector<JobResult> read_changes(const sqlite::Readers& files, const std::vector<Job>& jobs,
                                    const Show& show, const Wanted& wanted, const ChangeLimits& limits) {
  std::vector<JobResult> out;
  files.for_each([&](const std::string& store, sqlite::Database& db) {
    for (const Job& job : jobs)
      if (job.store == store) out.push_back(Reading{db, job, show, wanted, limits}.run());
    return true;
  });
  return out;
}

}  // namespace godwit::progress
