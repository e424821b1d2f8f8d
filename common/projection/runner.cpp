#include "common/projection/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>

#include "common/base/log.h"
#include "common/stream/event_record.h"

namespace godwit::projection {
namespace {

// Ids of dead letters the broker has acknowledged; filled on the publisher's thread, emptied by the loop.
struct Acknowledged {
  std::mutex mutex;
  std::vector<std::int64_t> ids;
  std::size_t in_flight = 0;
};

// Counters of one batch, so that the shared statistics are locked once per batch, not once per record.
struct Tally {
  std::map<event::Type, std::uint64_t> applied;  // Type::unknown: seen and skipped
  std::uint64_t redelivered = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> dead_letters;
};

// The last folded record is read once more, so that it can be compared with what was folded: in another log,
// or one cut and written anew, something else lies there.
stream::Offset first_to_read(const PartitionStore& store, const stream::TopicPartition& at) {
  for (const stream::Position& position : store.positions())
    if (position.at == at) return stream::Offset{std::max<std::int64_t>(position.next.value() - 1, 0)};
  return stream::offset_beginning;
}

}  // namespace

struct Runner::Owned {
  std::string name;
  std::unique_ptr<PartitionStore> store;
  std::set<stream::TopicPartition> partitions;
  bool in_transaction = false;
  bool has_letters = true;            // after a start some may be left from before
  std::optional<Timestamp> retry_at;  // set while suspended
  bool refused = false;               // the log is not the one the store was folded from: folds nothing more
  Tally tally;
  std::shared_ptr<Acknowledged> acknowledged = std::make_shared<Acknowledged>();
};

Runner::Runner(RunnerOptions options, StoreFactory& stores, stream::Publisher& publisher, const Clock& clock,
               Changed changed)
    : options_(std::move(options)),
      stores_(stores),
      publisher_(publisher),
      clock_(clock),
      changed_(std::move(changed)) {}

Runner::~Runner() = default;

void Runner::run(stream::Source& source, const std::stop_token& stop) {
  while (!stop.stop_requested()) turn(source);
  source.close();
}

void Runner::turn(stream::Source& source) {
  source_ = &source;
  auto batch = source.poll(options_.poll);
  stats_.update([&](RunnerSnapshot& s) {
    s.source_error = batch ? std::nullopt : std::optional{batch.error().message};
  });
  if (batch && !batch->empty()) fold(*batch);
  for (auto& [name, owned] : owned_)
    if (!owned->retry_at) publish_dead_letters(*owned);
  collect_published();
  retry_suspended(source);
  observe(source);
}

std::string Runner::store_name(std::string_view topic, stream::Partition partition) const {
  return projection::store_name(options_.store_key, topic, partition);
}

std::vector<stream::Position> Runner::assigned(const std::vector<stream::TopicPartition>& partitions) {
  std::vector<stream::Position> out;
  const std::string cluster_id = source_ != nullptr ? source_->cluster_id() : "";
  for (const stream::TopicPartition& at : partitions) {
    const std::string name = store_name(at.topic, at.partition);
    auto& owned = owned_[name];
    if (!owned) {
      auto store = stores_.open(name, cluster_id);
      if (!store) {
        log_error("{}", store.error().message);
        stats_.update([&](RunnerSnapshot& s) { s.refused[name] = store.error().message; });
        owned_.erase(name);
        continue;
      }
      owned = std::make_unique<Owned>();
      owned->name = name;
      owned->store = std::move(*store);
      stats_.update([&](RunnerSnapshot& s) { s.refused.erase(name); });
    }
    owned->partitions.insert(at);
    out.push_back({at, first_to_read(*owned->store, at)});
  }
  stats_.update([&](RunnerSnapshot& s) {
    s.assigned = true;
    // Not caught up from the first moment, or the program would call itself ready until the first turn ends.
    for (const stream::Position& position : out) s.partitions.push_back({position.at, 0, 0, false});
  });
  return out;
}

void Runner::revoked(const std::vector<stream::TopicPartition>& partitions) {
  // Between turns no transaction is open: the batch before was folded and committed, or rolled back. So
  // dropping is safe.
  for (const stream::TopicPartition& at : partitions) {
    const auto found = owned_.find(store_name(at.topic, at.partition));
    if (found == owned_.end()) continue;
    found->second->partitions.erase(at);
    if (found->second->partitions.empty()) owned_.erase(found);
  }
  stats_.update([&](RunnerSnapshot& s) {
    if (owned_.empty()) s.assigned = false;  // until the rebalance has ended
    std::erase_if(s.partitions, [&](const PartitionState& state) {
      return std::find(partitions.begin(), partitions.end(), state.at) != partitions.end();
    });
    std::erase_if(s.suspended, [&](const auto& entry) { return !owned_.contains(entry.first); });
    for (const stream::TopicPartition& at : partitions) s.refused.erase(store_name(at.topic, at.partition));
    s.assigned = !owned_.empty();  // until the group has given out the partitions anew, they may be anybody's
  });
}

Runner::Owned* Runner::owner_of(const stream::Record& record) {
  const auto found = owned_.find(store_name(record.topic, record.partition));
  return found == owned_.end() ? nullptr : found->second.get();
}

void Runner::fold(const stream::Batch& batch) {
  Owned* owned = nullptr;
  std::string_view topic;
  stream::Partition partition{-1};
  for (const stream::Record& record : batch.records) {
    if (record.partition != partition || record.topic != topic) {
      owned = owner_of(record);
      topic = record.topic;
      partition = record.partition;
    }
    if (owned == nullptr || owned->retry_at || owned->refused)
      continue;  // read again from the stored position once it is resumed
    try {
      fold_one(*owned, record);
    } catch (const StoreUnavailable& failure) {
      suspend(*owned, failure.what());
    }
  }
  for (auto& [name, each] : owned_)
    if (each->in_transaction) commit(*each);
}

void Runner::fold_one(Owned& owned, const stream::Record& record) {
  if (!owned.in_transaction) {
    owned.store->begin();
    owned.in_transaction = true;
  }
  const auto next = owned.store->position(record);
  if (next && record.offset < *next) {  // redelivered: already folded
    if (owned.store->contradicts(record)) {
      refuse(owned, fmt::format("the record at {}/{} offset {} is not the one that was folded: the topic was "
                                "re-created or truncated. "
                                "Point --brokers at the cluster this view was folded from, or move its "
                                "directory away to fold what the "
                                "topic holds now",
                                record.topic, record.partition.value(), record.offset.value()));
      return;
    }
    ++owned.tally.redelivered;
    return;
  }
  auto event = stream::decode(record);
  if (event) {
    owned.store->fold(record, *event);
    ++owned.tally.applied[event->type];
  } else {
    owned.store->dead_letter(record, event.error());
    owned.has_letters = true;
    ++owned.tally.dead_letters[{std::string{record.topic}, event.error().kind}];
    log_warn("dead letter: {}/{} at offset {}: {}", record.topic, record.partition.value(),
             record.offset.value(), event.error().message());
  }
  owned.store->advance(record);  // offsets have holes: compare, never add one
}

void Runner::commit(Owned& owned) {
  const auto started = std::chrono::steady_clock::now();
  Touched touched;
  try {
    touched = owned.store->commit();
    owned.in_transaction = false;
  } catch (const StoreUnavailable& failure) {
    suspend(owned, failure.what());
    return;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  stats_.update([&](RunnerSnapshot& s) {
    for (const auto& [type, count] : owned.tally.applied) {
      // The names of unknown types are a producer's to choose, so they are not used as a label.
      const bool known = type != event::Type::unknown;
      s.events[{known ? event::full_type(type) : "unknown", known ? "applied" : "unknown"}] += count;
    }
    if (owned.tally.redelivered > 0) s.events[{"any", "redelivered"}] += owned.tally.redelivered;
    for (const auto& [key, count] : owned.tally.dead_letters) s.dead_letters[key] += count;
    const auto bucket =
        std::lower_bound(commit_seconds_bounds.begin(), commit_seconds_bounds.end(), seconds) -
        commit_seconds_bounds.begin();
    ++s.commit_buckets[static_cast<std::size_t>(bucket)];
    ++s.commits;
    s.commit_seconds_sum += seconds;
  });
  owned.tally = {};
  if (changed_ && !touched.empty()) changed_(owned.name, touched);
  source_->report(owned.store->positions());
}

void Runner::suspend(Owned& owned, const std::string& why) {
  if (owned.in_transaction) owned.store->rollback();
  owned.in_transaction = false;
  owned.tally = {};
  owned.retry_at = clock_.now() + options_.store_retry;
  source_->pause({owned.partitions.begin(), owned.partitions.end()});
  log_error("{}: {}; this partition waits and is tried again", owned.name, why);
  stats_.update([&](RunnerSnapshot& s) { s.suspended[owned.name] = why; });
}

void Runner::refuse(Owned& owned, const std::string& why) {
  owned.store->rollback();
  owned.in_transaction = false;
  owned.tally = {};
  owned.refused = true;
  source_->pause({owned.partitions.begin(), owned.partitions.end()});
  log_error("{}: {}", owned.name, why);
  stats_.update([&](RunnerSnapshot& s) { s.refused[owned.name] = why; });
}

void Runner::retry_suspended(stream::Source& source) {
  for (const auto& entry : owned_) {
    Owned& owned = *entry.second;
    if (!owned.retry_at || clock_.now() < *owned.retry_at) continue;
    owned.retry_at = clock_.now() + options_.store_retry;
    try {
      // A store that can begin and commit nothing may still fail on the next batch; it is suspended again
      // then.
      owned.store->begin();
      owned.store->commit();
    } catch (const StoreUnavailable& failure) {
      owned.store->rollback();
      stats_.update([&](RunnerSnapshot& s) { s.suspended[owned.name] = failure.what(); });
      continue;
    }
    std::vector<stream::Position> positions = owned.store->positions();
    for (const stream::TopicPartition& at : owned.partitions)
      if (std::none_of(positions.begin(), positions.end(),
                       [&](const stream::Position& p) { return p.at == at; }))
        positions.push_back({at, stream::offset_beginning});
    if (!source.resume(positions)) continue;
    owned.retry_at.reset();
    log_info("{}: writable again, resumed", owned.name);
    stats_.update([&](RunnerSnapshot& s) { s.suspended.erase(owned.name); });
  }
}

void Runner::publish_dead_letters(Owned& owned) {
  {
    const std::lock_guard lock{owned.acknowledged->mutex};
    // Those acknowledged but not yet marked are still in the store and would be published again.
    if (!owned.has_letters || owned.acknowledged->in_flight > 0 || !owned.acknowledged->ids.empty()) return;
  }
  try {
    auto letters = owned.store->unpublished(options_.dead_letters_max);
    owned.has_letters = !letters.empty();
    for (DeadLetter& letter : letters) {
      const auto acknowledged = owned.acknowledged;
      {
        const std::lock_guard lock{acknowledged->mutex};
        ++acknowledged->in_flight;
      }
      const auto accepted = publisher_.publish(
          std::move(letter.record), [acknowledged, id = letter.id](const Result<stream::Placed>& placed) {
            const std::lock_guard lock{acknowledged->mutex};
            --acknowledged->in_flight;
            if (placed) acknowledged->ids.push_back(id);
          });
      if (accepted) continue;
      const std::lock_guard lock{acknowledged->mutex};
      --acknowledged->in_flight;
      break;  // the queue is full or the broker away: the rest stays in the store and is tried next turn
    }
  } catch (const StoreUnavailable& failure) {
    suspend(owned, failure.what());
  }
}

void Runner::collect_published() {
  for (auto& [name, owned] : owned_) {
    std::vector<std::int64_t> ids;
    {
      const std::lock_guard lock{owned->acknowledged->mutex};
      ids.swap(owned->acknowledged->ids);
    }
    if (ids.empty()) continue;
    try {
      owned->store->mark_published(ids);
    } catch (const StoreUnavailable& failure) {
      // Published but not marked: they are published once more later, which the key of the record makes
      // visible.
      suspend(*owned, failure.what());
    }
  }
}

void Runner::observe(stream::Source& source) {
  std::map<stream::TopicPartition, std::int64_t> next;
  for (const auto& [name, owned] : owned_)
    for (const stream::Position& position : owned->store->positions())
      next[position.at] = position.next.value();
  const auto watermarks = source.watermarks();
  auto counts = source.partition_counts();
  stats_.update([&](RunnerSnapshot& s) {
    s.partition_counts = std::move(counts);
    std::map<stream::TopicPartition, bool> caught_up;
    for (const PartitionState& state : s.partitions) caught_up[state.at] = state.caught_up;
    s.partitions.clear();
    for (const auto& [name, owned] : owned_)
      for (const stream::TopicPartition& at : owned->partitions)
        s.partitions.push_back({at, next[at], next[at], caught_up[at]});
    for (const stream::Watermark& mark : watermarks) {
      const auto found = std::find_if(s.partitions.begin(), s.partitions.end(),
                                      [&](const PartitionState& p) { return p.at == mark.at; });
      if (found == s.partitions.end()) continue;
      const bool suspended = s.suspended.contains(store_name(mark.at.topic, mark.at.partition));
      // At the end, what lies between our position and it are holes (or records not kept by us), not lag.
      found->high_offset = mark.at_end && !suspended ? found->next_offset : mark.high.value();
      found->caught_up = found->caught_up || (mark.at_end && !suspended);
    }
  });
}

}  // namespace godwit::projection
