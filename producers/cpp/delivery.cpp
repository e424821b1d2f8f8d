#include "producers/cpp/delivery.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "common/base/log.h"

namespace godwit::producer {
namespace {

enum class Stage { waiting, in_flight };

struct Kept {
  std::uint64_t number = 0;
  std::string name;
  stream::OutRecord record;
  Stage stage = Stage::waiting;
  Steady::time_point sent_at;   // first handed over
  Steady::time_point retry_at;  // when it is waiting
};

}  // namespace

// Shared with the acknowledgements in flight, which may outlive the Delivery.
struct Delivery::State {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<Kept> kept;  // in the order sent
  std::uint64_t next_number = 0;
  std::string last_error;

  // The oldest record to publish now, marked as in flight. None overtakes one that waits for its next try.
  std::optional<Kept> take_due() {
    const std::lock_guard lock{mutex};
    const auto at = std::find_if(kept.begin(), kept.end(),
                                 [](const Kept& candidate) { return candidate.stage == Stage::waiting; });
    if (at == kept.end() || at->retry_at > Steady::now()) return std::nullopt;
    at->stage = Stage::in_flight;
    return *at;
  }

  void settle(std::uint64_t number, const Status& outcome, Millis retry_interval) {
    const std::lock_guard lock{mutex};
    const auto at = std::find_if(kept.begin(), kept.end(), [&](const Kept& k) { return k.number == number; });
    if (at == kept.end()) return;
    if (outcome) {
      kept.erase(at);
    } else {
      at->stage = Stage::waiting;
      at->retry_at = Steady::now() + retry_interval;
      last_error = outcome.error().message;
    }
    changed.notify_all();
  }
};

Delivery::Delivery(stream::Publisher& publisher, DeliveryOptions options)
    : publisher_(publisher),
      options_(options),
      outage_(options.complain_interval),
      state_(std::make_shared<State>()) {}

Delivery::~Delivery() = default;

Status Delivery::send(const std::string& name, stream::OutRecord record) {
  {
    const std::lock_guard lock{state_->mutex};
    if (state_->kept.size() >= options_.kept_max) {
      log_error("event {} is dropped: {} events already wait for the broker ({})", name, state_->kept.size(),
                state_->last_error);
      return transient_error("too many events wait for the broker");
    }
    const auto now = Steady::now();
    state_->kept.push_back({state_->next_number++, name, std::move(record), Stage::waiting, now, now});
  }
  pump();
  return Done{};
}

void Delivery::pump() {
  // Outside the lock: a publisher may acknowledge before publish() returns.
  while (auto due = state_->take_due()) {
    const auto on_acknowledged = [state = state_, number = due->number,
                                  retry = options_.retry_interval](const Result<stream::Placed>& placed) {
      state->settle(number, placed ? Status{Done{}} : Status{placed.error()}, retry);
    };
    const Status taken = publisher_.publish(std::move(due->record), on_acknowledged);
    if (!taken) state_->settle(due->number, taken, options_.retry_interval);
  }
  complain();
}

void Delivery::complain() {
  const auto now = Steady::now();
  const std::lock_guard lock{state_->mutex};
  const State& state = *state_;
  Backlog backlog;
  backlog.kept = state.kept.size();
  backlog.why = state.last_error;
  for (const Kept& kept : state.kept) {
    backlog.failing = kept.stage == Stage::waiting || now - kept.sent_at > options_.complain_after;
    if (backlog.failing) break;
  }
  if (backlog.failing) backlog.oldest = state.kept.front().name;
  outage_.observe(now, backlog);
}

bool Delivery::send_tick(stream::OutRecord record) {
  pump();  // the regular beat on which lifecycle events are tried again
  return publisher_.publish(std::move(record), [](const Result<stream::Placed>&) {}).ok();
}

Status Delivery::flush(Millis timeout) {
  const auto deadline = Steady::now() + timeout;
  for (;;) {
    pump();
    std::unique_lock lock{state_->mutex};
    if (state_->kept.empty()) return Done{};
    if (Steady::now() >= deadline) break;
    const auto wake = std::min(deadline, Steady::now() + options_.retry_interval);
    state_->changed.wait_until(lock, wake);
  }
  const std::lock_guard lock{state_->mutex};
  return transient_error(fmt::format("{} events not acknowledged within {} ms, first {}: {}",
                                     state_->kept.size(), timeout.count(), state_->kept.front().name,
                                     state_->last_error.empty() ? "no answer" : state_->last_error));
}

std::size_t Delivery::unacknowledged() const {
  const std::lock_guard lock{state_->mutex};
  return state_->kept.size();
}

}  // namespace godwit::producer
