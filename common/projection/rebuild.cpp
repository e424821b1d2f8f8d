#include "common/projection/rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/check.h"
#include "common/base/log.h"

namespace godwit::projection {
namespace {

class NextStores final : public StoreFactory {
 public:
  explicit NextStores(StoreFactory& stores) : stores_(stores) {}
  Opened open(const std::string& name, const LogIdentity& log) override {
    return stores_.open_next(name, log);
  }

 private:
  StoreFactory& stores_;
};

class NoPublisher final : public stream::Publisher {
 public:
  Status publish(stream::OutRecord record, stream::Acknowledge) override {
    GODWIT_CHECK(false, "a rebuild publishes to {}", record.topic);
  }
  Status flush(Millis) override { return Done{}; }
};

std::uint64_t events_of(const RunnerSnapshot& snapshot) {
  std::uint64_t sum = 0;
  for (const auto& [key, count] : snapshot.events) sum += count;
  for (const auto& [key, count] : snapshot.dead_letters) sum += count;
  return sum;
}

}  // namespace

struct Rebuild::Task {
  enum class Step { folding, holding, adopting, ended };

  std::string store;
  Runner* runner = nullptr;
  std::uint64_t revocations = 0;  // the runner's, when this began
  std::vector<stream::TopicPartition> partitions;
  Step step = Step::folding;
  bool reading = false;  // the source has its partitions
  bool swapped = false;
  std::string reason;
  Timestamp held_since{};
  SwapState before;  // how often the runner had swapped this store when it was asked to
};

struct Rebuild::Parts {
  explicit Parts(StoreFactory& stores) : next_stores(stores) {}
  NextStores next_stores;
  NoPublisher publisher;
  std::unique_ptr<Runner> runner;
  std::unique_ptr<stream::ManualSource> source;
};

std::int64_t RebuildSnapshot::lag() const {
  std::int64_t sum = 0;
  for (const RebuildOf& each : stores)
    if (each.state != RebuildState::swapped) sum += std::max<std::int64_t>(each.end - each.position, 0);
  return sum;
}

Rebuild::Rebuild(RebuildOptions options, StoreFactory& stores, std::vector<Runner*> live,
                 OpenSource open_source, const Clock& clock)
    : options_(std::move(options)),
      stores_(stores),
      live_(std::move(live)),
      open_source_(std::move(open_source)),
      clock_(clock) {}

Rebuild::~Rebuild() = default;

bool Rebuild::start(bool also_later) {
  const std::lock_guard lock{mutex_};
  if (told_.running || all_now_) return false;
  all_now_ = true;
  all_ = all_ || also_later;
  told_.running = true;
  return true;
}

RebuildSnapshot Rebuild::snapshot() const {
  const std::lock_guard lock{mutex_};
  return told_;
}

std::map<std::string, Rebuild::Live> Rebuild::look() {
  std::map<std::string, Live> out;
  for (Runner* runner : live_) {
    seen_[runner] = runner->stats();
    for (const PartitionState& state : seen_[runner].partitions) {
      Live& live = out[store_name(options_.store_key, state.at.topic, state.at.partition)];
      live.runner = runner;
      live.revocations = seen_[runner].revocations;
      live.partitions.insert(state.at);
      live.next[state.at] = state.next_offset;
    }
  }
  return out;
}

void Rebuild::follow_ownership(const std::map<std::string, Live>& owned) {
  bool all_now = false;
  bool all = false;
  {
    const std::lock_guard lock{mutex_};
    all = all_;
    all_now = std::exchange(all_now_, false);
  }
  if (all_now) done_.clear();
  if (all_now)
    std::erase_if(tasks_, [](const auto& entry) { return entry.second.step == Task::Step::ended; });
  for (auto at = tasks_.begin(); at != tasks_.end();) {
    const auto live = owned.find(at->first);
    if (live != owned.end() && live->second.runner == at->second.runner &&
        live->second.revocations == at->second.revocations &&
        live->second.partitions.size() == at->second.partitions.size()) {
      ++at;
      continue;
    }
    // Another instance's now, or ours again, and the files may have changed meanwhile; or not wholly ours
    // yet.
    if (live != owned.end() && at->second.step != Task::Step::ended) again_.insert(at->first);
    end(at->second);
    known_.erase(at->first);
    at = tasks_.erase(at);
  }
  std::erase_if(known_, [&](const std::string& name) { return !owned.contains(name); });
  for (const auto& [name, live] : owned) {
    const bool is_new = known_.insert(name).second;
    const bool again = again_.erase(name) > 0;
    if (tasks_.contains(name) ||
        (!all_now && !again && !(is_new && ((all && !done_.contains(name)) || stores_.has_next(name)))))
      continue;
    Task task{.store = name,
              .runner = live.runner,
              .revocations = live.revocations,
              .partitions = {},
              .reason = {},
              .before = {}};
    task.partitions.assign(live.partitions.begin(), live.partitions.end());
    log_info("{}: rebuilding it from the log, beside the one that serves", name);
    tasks_.emplace(name, std::move(task));
  }
}

bool Rebuild::open() {
  if (parts_) return true;
  if (open_at_ && clock_.now() < *open_at_) return false;
  auto parts = std::make_unique<Parts>(stores_);
  parts->runner = std::make_unique<Runner>(RunnerOptions{.consumer = options_.consumer,
                                                         .store_key = options_.store_key,
                                                         .poll = options_.poll,
                                                         .rebuilding = true},
                                           parts->next_stores, parts->publisher, clock_, nullptr);
  auto source = open_source_(*parts->runner);
  if (!source) {
    log_error("the rebuild cannot read the log: {}", source.error().message);
    open_at_ = clock_.now() + options_.source_retry;
    return false;
  }
  parts->source = std::move(*source);
  parts_ = std::move(parts);
  return true;
}

bool Rebuild::turn() {
  const auto owned = look();
  follow_ownership(owned);
  const bool busy = std::any_of(tasks_.begin(), tasks_.end(),
                                [](const auto& entry) { return entry.second.step != Task::Step::ended; });
  if (!busy && parts_) {
    parts_->source->close();
    parts_.reset();
    events_before_ += events_of(folded_);
    folded_ = {};
  }
  if (busy && open()) {
    for (auto& [name, task] : tasks_) {
      if (task.reading || task.step != Task::Step::folding) continue;
      parts_->source->assign(task.partitions);
      task.reading = true;
    }
    parts_->runner->turn(*parts_->source);
    folded_ = parts_->runner->stats();
    for (const stream::Watermark& mark : parts_->source->watermarks()) ends_[mark.at] = mark;
    for (auto& [name, task] : tasks_) advance(task, owned.at(name));
  }
  tell();
  return busy;
}

void Rebuild::advance(Task& task, const Live& live) {
  if (task.step == Task::Step::ended) return;
  if (task.step == Task::Step::adopting) {
    const auto& swaps = seen_[task.runner].swaps;
    const auto found = swaps.find(task.store);
    if (found == swaps.end()) return;
    if (found->second.done > task.before.done) {
      task.step = Task::Step::ended;
      task.swapped = true;
      done_.insert(task.store);
    } else if (found->second.failed > task.before.failed) {
      stop(task, found->second.why);
    }
    return;
  }
  if (const auto refused = folded_.refused.find(task.store); refused != folded_.refused.end()) {
    stop(task, refused->second);
    return;
  }
  const auto waits = folded_.suspended.find(task.store);
  task.reason = waits == folded_.suspended.end() ? "" : waits->second;
  swap(task, live);
}

// First the serving store is held, so that it stops at a place that can be reached; then, when the next
// generation is there, it gives way. Otherwise answers would go backwards for a moment.
void Rebuild::swap(Task& task, const Live& live) {
  const RunnerSnapshot& seen = seen_[task.runner];
  // A store that refuses the log has positions that mean nothing in it.
  const bool goal_counts = !seen.refused.contains(task.store);
  const auto held = seen.held.find(task.store);
  if (task.step == Task::Step::folding) {
    if (!has_reached(task, live.next, goal_counts)) return;
    task.step = Task::Step::holding;
    task.held_since = clock_.now();
    task.runner->request(task.store, Runner::Swap::hold, task.revocations);
  } else if (held == seen.held.end() || clock_.now() - task.held_since > options_.hold_max) {
    if (clock_.now() - task.held_since <= options_.hold_max) return;
    task.runner->request(task.store, Runner::Swap::release, task.revocations);
    task.step = Task::Step::folding;
  } else {
    std::map<stream::TopicPartition, std::int64_t> goal;
    for (const stream::Position& position : held->second) goal[position.at] = position.next.value();
    if (!has_reached(task, goal, goal_counts)) return;
    end(task);  // closes its file
    if (const auto swaps = seen.swaps.find(task.store); swaps != seen.swaps.end())
      task.before = swaps->second;
    task.step = Task::Step::adopting;
    task.runner->request(task.store, Runner::Swap::adopt, task.revocations);
  }
}

// Offsets have holes and old ticks expire, so a goal may also be passed by without a record beyond it: the
// end of the log was read, and lies behind it.
bool Rebuild::has_reached(const Task& task, const std::map<stream::TopicPartition, std::int64_t>& goal,
                          bool goal_counts) const {
  return std::all_of(task.partitions.begin(), task.partitions.end(), [&](const stream::TopicPartition& at) {
    const auto wanted = goal.find(at);
    const std::int64_t next = wanted == goal.end() || !goal_counts ? 0 : wanted->second;
    const auto mine = std::find_if(folded_.partitions.begin(), folded_.partitions.end(),
                                   [&](const PartitionState& state) { return state.at == at; });
    if (mine == folded_.partitions.end()) return false;
    if (goal_counts && mine->next_offset >= next && next > 0) return true;
    // What was read is not folded while the store is suspended.
    const auto mark = ends_.find(at);
    return !folded_.suspended.contains(task.store) && mark != ends_.end() && mark->second.at_end &&
           mark->second.high.value() >= next;
  });
}

void Rebuild::stop(Task& task, const std::string& why) {
  if (task.step == Task::Step::holding)
    task.runner->request(task.store, Runner::Swap::release, task.revocations);
  end(task);
  task.step = Task::Step::ended;
  task.reason = why;
  log_error("{}: the rebuild stopped: {}; the view that serves goes on", task.store, why);
}

void Rebuild::end(Task& task) {
  if (!task.reading) return;
  task.reading = false;
  parts_->source->revoke(task.partitions);
  for (const stream::TopicPartition& at : task.partitions) ends_.erase(at);
}

void Rebuild::tell() {
  RebuildSnapshot out;
  for (const auto& [name, task] : tasks_) {
    RebuildOf one{.store = name, .reason = task.reason};
    for (const stream::TopicPartition& at : task.partitions)
      for (const PartitionState& state : folded_.partitions)
        if (state.at == at) one.position += state.next_offset, one.end += state.high_offset;
    if (task.step == Task::Step::ended) {
      one.state = task.swapped ? RebuildState::swapped : RebuildState::stopped;
    } else {
      one.state = task.step == Task::Step::folding ? RebuildState::folding : RebuildState::swapping;
      out.running = true;
    }
    out.stores.push_back(std::move(one));
  }
  out.events = events_before_ + events_of(folded_);
  const Timestamp now = clock_.now();
  constexpr int samples_per_window = 100;
  if (samples_.empty() || now - samples_.back().first >= options_.rate_window / samples_per_window)
    samples_.emplace_back(now, out.events);
  while (samples_.size() > 2 && now - samples_[1].first >= options_.rate_window) samples_.pop_front();
  const double seconds = std::chrono::duration<double>(now - samples_.front().first).count();
  if (out.running && seconds > 0)
    out.events_per_second = static_cast<double>(out.events - samples_.front().second) / seconds;
  if (out.running && out.events_per_second > 0)
    out.eta_seconds = std::llround(static_cast<double>(out.lag()) / out.events_per_second);
  const std::lock_guard lock{mutex_};
  out.running = out.running || all_now_;
  told_ = std::move(out);
}

}  // namespace godwit::projection
