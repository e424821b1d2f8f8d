// PlanRun: the tasks of a plan, so many at once, each in a thread of its own; what failed and may be tried
// again is, as a new attempt of the same task.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "producers/cpp/plan.h"
#include "producers/worker/execute.h"
#include "producers/worker/plan/display.h"
#include "producers/worker/plan/journal.h"
#include "producers/worker/plan/schedule.h"

namespace godwit::worker {

struct PlanRunOptions {
  producer::PlanIdentity identity;
  ScheduleLimits limits;
  std::size_t parallel = 1;
};

// One attempt, as execute().
using Attempting =
    std::function<Result<Outcome>(const Settings& settings, producer::Migration& migration,
                                  Observer& observer, Control& control, const std::stop_token& stop)>;

// All outlive the PlanRun. The outbox must be safe from every thread.
struct PlanParts {
  producer::Outbox& outbox;
  const Clock& clock;
  Journal& journal;
  PlanDisplay& display;
  Attempting attempt;
};

class PlanRun {
 public:
  // Tasks the journal knows as completed are not run again; of others the attempts go on counting.
  PlanRun(std::vector<Settings> tasks, PlanRunOptions options, PlanParts parts);
  ~PlanRun();

  // Blocks until all have ended. A stop cancels what runs and starts nothing more. Once only.
  Outcome::End run(const std::stop_token& stop);

  // Any thread: an order for one task, by its id or its VM's name, or for all, later ones included.
  // `invalid` when no such task runs.
  Status obey(const Order& order);

  std::size_t failures() const { return schedule_.failures(); }
  std::size_t done_before() const { return done_before_; }

 private:
  struct Running;
  struct Turn {
    std::size_t task = 0;
    Settings settings;
    std::unique_ptr<producer::Migration> migration;
  };

  void queue_all();
  void work(const std::stop_token& stop);
  std::optional<std::size_t> next(const std::stop_token& stop);
  Turn begin(std::size_t task);
  void run_turn(Turn turn, const std::stop_token& stop);
  void conclude(const Turn& turn, const Outcome& outcome);
  void conclude_failure(const Turn& turn, const Outcome& outcome);
  void note(JournalWord word, const Turn& turn);
  Outcome::End tell_end(producer::Plan& plan, Timestamp start, bool is_cancelled);

  std::vector<Settings> tasks_;
  PlanRunOptions options_;
  PlanParts parts_;
  std::mutex mutex_;  // of all below
  std::condition_variable_any changed_;
  Schedule schedule_;
  std::vector<std::unique_ptr<producer::Migration>> queued_;  // of the attempts announced, not begun
  std::list<Running*> running_;
  bool all_paused_ = false;
  bool has_rate_ = false;
  Control::Rate rate_;
  std::size_t done_before_ = 0;
};

}  // namespace godwit::worker
