#include "common/projection/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/base/log.h"
#include "common/projection/runner_owned.h"
#include "common/stream/event_record.h"

namespace godwit::projection {

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
  do_chores();
  for (auto& [name, owned] : owned_)
    if (owned->store && !owned->retry_at) publish_dead_letters(*owned);
  collect_published();
  serve_requests(source);
  retry_suspended(source);
  pause_idle(source);
  observe(source);
}

std::string Runner::name_of(std::string_view topic, stream::Partition partition) const {
  return store_name(options_.store_key, topic, partition);
}

Runner::Owned* Runner::owner_of(const stream::Record& record) {
  const auto found = owned_.find(name_of(record.topic, record.partition));
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
    if (owned == nullptr) continue;
    if (!owned->folds()) {
      owned->paused = false;
      continue;  // read again from the stored position once it is resumed
    }
    try {
      fold_one(*owned, record);
    } catch (const StoreUnavailable& failure) {
      fail(*owned, failure);
    }
  }
  for (auto& [name, each] : owned_)
    if (each->in_transaction) commit(*each);
}

// A store on whose partition nothing happens has no other transactions.
void Runner::do_chores() {
  for (auto& [name, each] : owned_) {
    if (!each->folds() || !each->store->has_chores()) continue;
    try {
      each->store->begin();
      each->in_transaction = true;
      commit(*each);
    } catch (const StoreUnavailable& failure) {
      fail(*each, failure);
    }
  }
}

void Runner::fold_one(Owned& owned, const stream::Record& record) {
  if (!owned.in_transaction) {
    owned.store->begin();
    owned.in_transaction = true;
    owned.tally.began_at = clock_.now();
  }
  const auto next = owned.store->position(record);
  if (next && record.offset < *next) {  // redelivered: already folded
    if (owned.store->contradicts(record)) {
      refuse(owned, fmt::format("the record at {}/{} offset {} is not the one that was folded: the topic was "
                                "re-created or truncated. "
                                "Point --brokers at the cluster this view was folded from, or start with "
                                "--rebuild to fold what the topic holds now",
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
    owned.tally.ages.add(std::chrono::duration<double>(owned.tally.began_at - event->time).count());
  } else if (!options_.rebuilding || may_pass_over(owned, record, event.error())) {
    owned.store->dead_letter(record, event.error());
    owned.has_letters = true;
    ++owned.tally.dead_letters[{std::string{record.topic}, event.error().kind}];
    if (!options_.rebuilding)
      log_warn("dead letter: {}/{} at offset {}: {}", record.topic, record.partition.value(),
               record.offset.value(), event.error().message());
  } else {
    return;
  }
  owned.store->advance(record);  // offsets have holes: compare, never add one
}

// A live fold passes over what it cannot read, for good. A rebuild may do so only where the view that serves
// did, or a mistake in the code would take rows away without a word.
bool Runner::may_pass_over(Owned& owned, const stream::Record& record, const event::Refusal& refusal) {
  const std::string where =
      fmt::format("{}/{} offset {}", record.topic, record.partition.value(), record.offset.value());
  switch (owned.store->knowledge_of(record)) {
    case Knowledge::known:
      return true;
    case Knowledge::not_yet:
      suspend(owned, fmt::format("the record at {} is no event, and the view that serves has not come to it "
                                 "yet",
                                 where));
      return false;
    case Knowledge::unknown:
      refuse(owned, fmt::format("the record at {} is no event ({}), but the view that serves has no dead "
                                "letter of it; the rebuild stops there",
                                where, refusal.message()));
      return false;
  }
  return false;
}

void EventAges::add(double seconds) {
  seconds = std::max(seconds, 0.0);
  const auto bucket =
      std::lower_bound(event_age_seconds_bounds.begin(), event_age_seconds_bounds.end(), seconds) -
      event_age_seconds_bounds.begin();
  ++buckets[static_cast<std::size_t>(bucket)];
  seconds_sum += seconds;
}

EventAges& EventAges::operator+=(const EventAges& other) {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  seconds_sum += other.seconds_sum;
  return *this;
}

void Runner::commit(Owned& owned) {
  const auto started = std::chrono::steady_clock::now();
  Touched touched;
  try {
    touched = owned.store->commit();
    owned.in_transaction = false;
  } catch (const StoreUnavailable& failure) {
    fail(owned, failure);
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
    s.event_ages += owned.tally.ages;
    s.commit_seconds_sum += seconds;
  });
  owned.tally = {};
  if (changed_ && !touched.empty()) changed_(owned.name, touched);
  source_->report(owned.store->positions());
}

void Runner::observe(stream::Source& source) {
  std::map<stream::TopicPartition, std::int64_t> next;
  for (const auto& [name, owned] : owned_)
    if (owned->store)
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
      const Owned& owned = *owned_.at(name_of(mark.at.topic, mark.at.partition));
      const bool folded = mark.at_end && owned.folds();
      // At the end, what lies between our position and it are holes (or records not kept by us), not lag.
      found->high_offset = folded ? found->next_offset : mark.high.value();
      found->caught_up = found->caught_up || folded;
    }
  });
}

}  // namespace godwit::projection
