// The runner's stores: opened, suspended, refused, held, replaced, given up.
#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/projection/runner_owned.h"

namespace godwit::projection {
namespace {

// The last folded record is read once more, so that it can be compared with what was folded: in another log,
// or one cut and written anew, something else lies there.
stream::Offset first_to_read(const PartitionStore* store, const stream::TopicPartition& at) {
  if (store != nullptr)
    for (const stream::Position& position : store->positions())
      if (position.at == at) return stream::Offset{std::max<std::int64_t>(position.next.value() - 1, 0)};
  return stream::offset_beginning;
}

}  // namespace

LogIdentity Runner::log_identity() {
  if (cluster_id_.empty() && source_ != nullptr) cluster_id_ = source_->cluster_id();
  LogIdentity out{.cluster_id = cluster_id_};
  if (options_.store_key == StoreKey::partition && source_ != nullptr)
    for (const auto& [topic, count] : source_->partition_counts())
      out.partitions = std::max(out.partitions.value_or(0), count);
  return out;
}

std::vector<stream::Position> Runner::assigned(const std::vector<stream::TopicPartition>& partitions) {
  std::vector<stream::Position> out;
  const LogIdentity log = log_identity();
  for (const stream::TopicPartition& at : partitions) {
    const std::string name = name_of(at.topic, at.partition);
    auto& owned = owned_[name];
    if (!owned) {
      auto store = stores_.open(name, log);
      if (!store && store.error().kind != ErrorKind::transient) {
        log_error("{}", store.error().message);
        stats_.update([&](RunnerSnapshot& s) { s.refused[name] = store.error().message; });
        owned_.erase(name);
        continue;
      }
      stats_.update([&](RunnerSnapshot& s) { s.refused.erase(name); });
      owned = std::make_unique<Owned>();
      owned->name = name;
      if (store) {
        take_in(*owned, std::move(*store));
      } else {
        suspend(*owned, store.error().message);
      }
    }
    owned->partitions.insert(at);
    owned->paused = false;  // the source begins to read it now, whatever we do with it
    out.push_back({at, first_to_read(owned->store.get(), at)});
  }
  stats_.update([&](RunnerSnapshot& s) {
    s.assigned = true;
    // Not caught up from the first moment, or the program would call itself ready until the first turn ends.
    for (const stream::Position& position : out) s.partitions.push_back({position.at, 0, 0, false});
  });
  return out;
}

void Runner::take_in(Owned& owned, std::unique_ptr<PartitionStore> store) {
  owned.store = std::move(store);
  owned.has_letters = true;
  const std::string frozen = owned.store->frozen();
  owned.frozen = !frozen.empty();
  if (owned.frozen) log_info("{}: {}", owned.name, frozen);
  stats_.update([&](RunnerSnapshot& s) {
    s.frozen.erase(owned.name);
    if (!frozen.empty()) s.frozen[owned.name] = frozen;
  });
}

void Runner::revoked(const std::vector<stream::TopicPartition>& partitions) {
  // Between turns no transaction is open: the batch before was folded and committed, or rolled back. So
  // dropping is safe.
  for (const stream::TopicPartition& at : partitions) {
    const auto found = owned_.find(name_of(at.topic, at.partition));
    if (found == owned_.end()) continue;
    found->second->partitions.erase(at);
    if (found->second->partitions.empty()) owned_.erase(found);
  }
  ++revocations_;
  for (const auto& entry : owned_) entry.second->held = false;  // whoever asked for it has to ask again
  stats_.update([&](RunnerSnapshot& s) {
    s.revocations = revocations_;
    std::erase_if(s.partitions, [&](const PartitionState& state) {
      return std::find(partitions.begin(), partitions.end(), state.at) != partitions.end();
    });
    const auto is_gone = [&](const auto& entry) { return !owned_.contains(entry.first); };
    std::erase_if(s.suspended, is_gone);
    std::erase_if(s.frozen, is_gone);
    s.held.clear();
    for (const stream::TopicPartition& at : partitions) s.refused.erase(name_of(at.topic, at.partition));
    s.assigned = !owned_.empty();  // until the group has given out the partitions anew, they may be anybody's
  });
}

void Runner::expired(const stream::TopicPartition& at, std::uint64_t records) {
  stats_.update([&](RunnerSnapshot& s) { s.expired[at.topic] += records; });
}

// Pausing works only once the source has taken an assignment, so it is done here, not where the reason arose,
// and again when records come all the same.
void Runner::pause_idle(stream::Source& source) {
  for (const auto& entry : owned_) {
    Owned& owned = *entry.second;
    if (owned.folds() && owned.paused) resume(source, owned);
    if (owned.folds() || owned.paused) continue;
    source.pause({owned.partitions.begin(), owned.partitions.end()});
    owned.paused = true;
  }
}

void Runner::fail(Owned& owned, const StoreUnavailable& failure) {
  if (failure.corrupt()) {
    refuse(owned, fmt::format("{}: the file is corrupt; start with --repair to move it aside and rebuild it "
                              "from the log",
                              failure.what()));
  } else {
    suspend(owned, failure.what());
  }
}

void Runner::suspend(Owned& owned, const std::string& why) {
  if (owned.in_transaction) owned.store->rollback();
  owned.in_transaction = false;
  owned.tally = {};
  owned.retry_at = clock_.now() + options_.store_retry;
  log_error("{}: {}; this partition waits and is tried again", owned.name, why);
  stats_.update([&](RunnerSnapshot& s) { s.suspended[owned.name] = why; });
}

void Runner::refuse(Owned& owned, const std::string& why) {
  if (owned.in_transaction) owned.store->rollback();
  owned.in_transaction = false;
  owned.tally = {};
  owned.refused = true;
  owned.retry_at.reset();
  log_error("{}: {}", owned.name, why);
  stats_.update([&](RunnerSnapshot& s) {
    s.suspended.erase(owned.name);
    s.refused[owned.name] = why;
  });
}

void Runner::retry_suspended(stream::Source& source) {
  const Timestamp now = clock_.now();
  std::optional<LogIdentity> log;
  for (const auto& entry : owned_) {
    Owned& owned = *entry.second;
    if (!owned.retry_at || now < *owned.retry_at) continue;
    owned.retry_at = now + options_.store_retry;
    if (!log) log = log_identity();
    if (is_writable(owned, *log)) resume(source, owned);
  }
}

bool Runner::is_writable(Owned& owned, const LogIdentity& log) {
  if (owned.store) {
    if (probe(owned)) return true;
    if (owned.refused || !owned.store->wants_reopening()) return false;
    owned.store.reset();
  }
  auto fresh = stores_.open(owned.name, log);
  if (fresh) {
    take_in(owned, std::move(*fresh));
    return probe(owned);
  }
  if (fresh.error().kind == ErrorKind::transient) {
    stats_.update([&](RunnerSnapshot& s) { s.suspended[owned.name] = fresh.error().message; });
  } else {
    refuse(owned, fresh.error().message);
  }
  return false;
}

// A store that can begin and commit nothing may still fail on the next batch; it is suspended again then.
bool Runner::probe(Owned& owned) {
  if (owned.frozen) return true;
  try {
    owned.store->probe();
    return true;
  } catch (const StoreUnavailable& failure) {
    owned.store->rollback();
    if (failure.corrupt()) {
      fail(owned, failure);
    } else {
      stats_.update([&](RunnerSnapshot& s) { s.suspended[owned.name] = failure.what(); });
    }
    return false;
  }
}

void Runner::resume(stream::Source& source, Owned& owned) {
  std::vector<stream::Position> positions;
  for (const stream::TopicPartition& at : owned.partitions) {
    positions.push_back({at, stream::offset_beginning});
    for (const stream::Position& position : owned.store->positions())
      if (position.at == at) positions.back() = position;
  }
  if (const auto resumed = source.resume(positions); !resumed) {
    if (!owned.retry_at) suspend(owned, resumed.error().message);
    return;
  }
  owned.paused = false;
  if (!owned.retry_at) return;
  owned.retry_at.reset();
  log_info("{}: writable again, resumed", owned.name);
  stats_.update([&](RunnerSnapshot& s) { s.suspended.erase(owned.name); });
}

void Runner::request(const std::string& store, Swap what, std::uint64_t revocations) {
  const std::lock_guard lock{requests_mutex_};
  requests_.push_back({store, what, revocations});
}

void Runner::serve_requests(stream::Source& source) {
  std::vector<Request> requests;
  {
    const std::lock_guard lock{requests_mutex_};
    requests.swap(requests_);
  }
  for (const auto& [name, what, revocations] : requests) {
    const auto found = owned_.find(name);
    if (found == owned_.end() || !found->second->store || revocations != revocations_) continue;
    Owned& owned = *found->second;
    owned.held = what == Swap::hold;
    if (what == Swap::adopt) adopt(owned);
    stats_.update([&](RunnerSnapshot& s) {
      s.held.erase(owned.name);
      if (owned.held) s.held[owned.name] = owned.store->positions();
    });
    if (owned.folds()) resume(source, owned);
  }
}

// The old store is open until the new one is, so that somebody always answers.
void Runner::adopt(Owned& owned) {
  auto successor = stores_.adopt(owned.name, log_identity());
  if (!successor) {
    log_error("{}: the rebuilt store cannot take over: {}", owned.name, successor.error().message);
    stats_.update([&](RunnerSnapshot& s) {
      ++s.swaps[owned.name].failed;
      s.swaps[owned.name].why = successor.error().message;
    });
    return;
  }
  owned.refused = false;  // what was wrong was wrong with the old one
  owned.retry_at.reset();
  take_in(owned, std::move(*successor));
  log_info("{}: the rebuilt store serves now", owned.name);
  stats_.update([&](RunnerSnapshot& s) {
    s.suspended.erase(owned.name);
    s.refused.erase(owned.name);
    ++s.swaps[owned.name].done;
  });
}

}  // namespace godwit::projection
