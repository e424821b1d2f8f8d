#include "producers/worker/plan/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "common/base/log.h"
#include "common/base/uuid.h"

namespace godwit::worker {

struct PlanRun::Running {
  const producer::Identity& identity;
  Control& control;
  std::stop_source& cancel;

  bool is_meant(const Order& order) const {
    return order.task.empty() || order.task == identity.task_id || order.task == identity.vm_name;
  }
};

PlanRun::PlanRun(std::vector<Settings> tasks, PlanRunOptions options, PlanParts parts)
    : tasks_(std::move(tasks)),
      options_(std::move(options)),
      parts_(std::move(parts)),
      schedule_(tasks_.size(), options_.limits),
      queued_(tasks_.size()) {
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    producer::Identity& identity = tasks_[i].identity;
    const auto record = parts_.journal.records().find(identity.task_id);
    if (record == parts_.journal.records().end()) continue;
    identity.attempt = record->second.attempts + 1;
    if (!record->second.is_completed) continue;
    schedule_.skip(i);
    ++done_before_;
  }
}

PlanRun::~PlanRun() = default;

Outcome::End PlanRun::run(const std::stop_token& stop) {
  const Timestamp start = parts_.clock.now();
  producer::Plan plan{parts_.outbox, parts_.clock, options_.identity};
  if (parts_.journal.records().empty()) go_on(plan.created());
  go_on(plan.started());
  queue_all();
  {
    std::vector<std::jthread> workers;
    const std::size_t count = std::min(options_.parallel, tasks_.size());
    for (std::size_t i = 0; i < count; ++i) workers.emplace_back([this, stop] { work(stop); });
  }
  return tell_end(plan, start, stop.stop_requested());
}

void PlanRun::queue_all() {
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    const std::string& id = tasks_[i].identity.task_id;
    const auto record = parts_.journal.records().find(id);
    if (record != parts_.journal.records().end() && record->second.is_completed) continue;
    queued_[i] = std::make_unique<producer::Migration>(parts_.outbox, parts_.clock, tasks_[i].identity);
    go_on(queued_[i]->queued());
  }
}

void PlanRun::work(const std::stop_token& stop) {
  while (const auto task = next(stop)) run_turn(begin(*task), stop);
}

std::optional<std::size_t> PlanRun::next(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested() && !schedule_.is_over()) {
    if (const auto task = schedule_.take(std::chrono::steady_clock::now())) return task;
    // The schedule changes under the lock, so no change falls between the look and the wait.
    if (const auto due = schedule_.next_due())
      changed_.wait_until(lock, stop, *due, [&] { return schedule_.next_due() != due; });
    else
      changed_.wait(lock, stop, [this] { return schedule_.next_due().has_value() || schedule_.is_over(); });
  }
  return std::nullopt;
}

PlanRun::Turn PlanRun::begin(std::size_t task) {
  const std::lock_guard lock{mutex_};
  Turn turn{task, tasks_[task], std::move(queued_[task])};
  if (!turn.migration) {
    // Each attempt numbers its events anew, so it is another source.
    turn.settings.identity.worker_id = make_uuid_v7(parts_.clock.now());
    turn.migration =
        std::make_unique<producer::Migration>(parts_.outbox, parts_.clock, turn.settings.identity);
  }
  ++tasks_[task].identity.attempt;
  note(JournalWord::started, turn);
  return turn;
}

void PlanRun::run_turn(Turn turn, const std::stop_token& stop) {
  Control control{turn.settings.bytes_per_second_max};
  std::stop_source cancel;
  const std::stop_callback on_stop{stop, [&] { cancel.request_stop(); }};
  Running running{turn.settings.identity, control, cancel};
  {
    const std::lock_guard lock{mutex_};
    running_.push_back(&running);
    if (all_paused_) control.pause();
    if (has_rate_) control.limit(rate_);
  }
  Outcome outcome;
  {
    const auto view = parts_.display.watch(turn.settings.identity.vm_name);
    auto ended = parts_.attempt(turn.settings, *turn.migration, *view, control, cancel.get_token());
    if (ended) {
      outcome = std::move(*ended);
    } else {
      outcome.end = Outcome::End::failed;
      outcome.failure = make_failure("not_started", "storage", ended.error().message, "start", false);
      go_on(turn.migration->failed(*outcome.failure, Millis{0}));
    }
  }
  const std::lock_guard lock{mutex_};
  running_.remove(&running);
  conclude(turn, outcome);
  changed_.notify_all();
}

void PlanRun::conclude(const Turn& turn, const Outcome& outcome) {
  const producer::Identity& identity = turn.settings.identity;
  const double seconds = static_cast<double>(outcome.result.duration.count()) / 1000;
  switch (outcome.end) {
    case Outcome::End::completed:
      note(JournalWord::completed, turn);
      schedule_.succeeded(turn.task);
      parts_.display.say(fmt::format("{}: migrated in {:.1f} s; task {} attempt {}", identity.vm_name,
                                     seconds, identity.task_id, identity.attempt));
      parts_.display.count_end(false);
      break;
    case Outcome::End::failed:
      conclude_failure(turn, outcome);
      break;
    case Outcome::End::cancelled:
      note(JournalWord::cancelled, turn);
      schedule_.gave_up(turn.task);
      parts_.display.say(fmt::format("{}: cancelled in {}", identity.vm_name, outcome.stage));
      parts_.display.count_end(true);
      break;
  }
}

void PlanRun::conclude_failure(const Turn& turn, const Outcome& outcome) {
  const producer::Identity& identity = turn.settings.identity;
  const event::Failure& failure = *outcome.failure;
  note(JournalWord::failed, turn);
  std::optional<Millis> delay;
  if (failure.retryable.value_or(false))
    delay = schedule_.failed(turn.task, std::chrono::steady_clock::now());
  else
    schedule_.gave_up(turn.task);
  const std::string what =
      fmt::format("{}: FAILED in {}: {}", identity.vm_name, outcome.stage, failure.message);
  if (!delay) {
    parts_.display.say(what);
    parts_.display.count_end(true);
    return;
  }
  const std::int64_t attempts_max =
      identity.attempt - schedule_.attempts(turn.task) + options_.limits.attempts_max;
  go_on(turn.migration->retry_scheduled(*delay, attempts_max, failure.message));
  parts_.display.say(fmt::format("{}; attempt {} in {} ms", what, identity.attempt + 1, delay->count()));
}

// A journal that cannot be written costs a repeated migration at most.
void PlanRun::note(JournalWord word, const Turn& turn) {
  const producer::Identity& identity = turn.settings.identity;
  if (const Status noted = parts_.journal.add(word, identity.task_id, identity.attempt); !noted)
    log_error("the plan's journal: {}", noted.error().message);
}

Outcome::End PlanRun::tell_end(producer::Plan& plan, Timestamp start, bool is_cancelled) {
  const Millis duration = parts_.clock.now() - start;
  if (is_cancelled) {
    go_on(plan.cancelled("stopped by request"));
    return Outcome::End::cancelled;
  }
  if (schedule_.failures() == 0) {
    go_on(plan.completed(duration));
    return Outcome::End::completed;
  }
  const auto message = fmt::format("{} of {} tasks did not complete", schedule_.failures(), tasks_.size());
  go_on(plan.failed(make_failure("tasks_failed", "plan", message, "plan", true), duration));
  return Outcome::End::failed;
}

Status PlanRun::obey(const Order& order) {
  const std::lock_guard lock{mutex_};
  bool is_known = order.task.empty();
  for (Running* running : running_) {
    if (!running->is_meant(order)) continue;
    is_known = true;
    worker::obey(order, running->control, running->cancel);
  }
  if (!is_known) return invalid_error(fmt::format("no task or VM '{}' runs", order.task));
  if (!order.task.empty()) return Done{};
  if (order.kind == Order::Kind::pause) all_paused_ = true;
  if (order.kind == Order::Kind::resume) all_paused_ = false;
  if (order.kind == Order::Kind::rate_limit) {
    has_rate_ = true;
    rate_ = order.rate;
  }
  return Done{};
}

}  // namespace godwit::worker
