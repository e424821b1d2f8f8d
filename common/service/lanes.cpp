#include "common/service/lanes.h"

#include <condition_variable>
#include <mutex>

#include "common/base/check.h"
#include "common/base/log.h"

namespace godwit::service {
namespace {

template <class Map>
void add_counts(Map& sum, const Map& more) {
  for (const auto& [key, count] : more) sum[key] += count;
}

void add(projection::RunnerSnapshot& sum, const projection::RunnerSnapshot& lane) {
  add_counts(sum.events, lane.events);
  add_counts(sum.dead_letters, lane.dead_letters);
  add_counts(sum.expired, lane.expired);
  sum.commits += lane.commits;
  for (std::size_t i = 0; i < sum.commit_buckets.size(); ++i) sum.commit_buckets[i] += lane.commit_buckets[i];
  sum.commit_seconds_sum += lane.commit_seconds_sum;
  sum.event_ages += lane.event_ages;
  sum.partitions.insert(sum.partitions.end(), lane.partitions.begin(), lane.partitions.end());
  sum.suspended.insert(lane.suspended.begin(), lane.suspended.end());
  sum.refused.insert(lane.refused.begin(), lane.refused.end());
  sum.frozen.insert(lane.frozen.begin(), lane.frozen.end());
  if (!sum.source_error) sum.source_error = lane.source_error;
  sum.assigned = sum.assigned && lane.assigned;
  if (sum.partition_counts.empty()) sum.partition_counts = lane.partition_counts;
}

}  // namespace

projection::RunnerSnapshot merged(const std::vector<projection::RunnerSnapshot>& lanes) {
  projection::RunnerSnapshot sum;
  sum.assigned = !lanes.empty();
  for (const projection::RunnerSnapshot& lane : lanes) add(sum, lane);
  return sum;
}

Lanes::Lanes(std::size_t count, const projection::RunnerOptions& options, projection::StoreFactory& stores,
             stream::Publisher& publisher, const Clock& clock, const projection::Runner::Changed& changed) {
  GODWIT_CHECK(count > 0 && count <= lanes_max, "{} lanes", count);
  for (std::size_t i = 0; i < count; ++i)
    runners_.push_back(std::make_unique<projection::Runner>(options, stores, publisher, clock, changed));
}

Lanes::~Lanes() { stop(); }

Status Lanes::connect(const kafka::ClientOptions& client, const kafka::ConsumerOptions& options) {
  std::vector<stream::AssignmentListener*> listeners;
  listeners.reserve(runners_.size());
  for (const auto& runner : runners_) listeners.push_back(runner.get());
  auto group = kafka::KafkaGroup::create(client, options, listeners);
  if (!group) return group.error();
  group_ = std::move(*group);
  client_ = client;
  options_ = options;
  return Done{};
}

void Lanes::start() {
  GODWIT_CHECK(group_ != nullptr, "started before connected");
  start_loops();
  membership_ = std::jthread{[this](const std::stop_token& stop) { belong(stop); }};
}

void Lanes::start_loops() {
  for (std::size_t i = 0; i < runners_.size(); ++i)
    loops_.emplace_back([this, i](const std::stop_token& stop) { runners_[i]->run(group_->lane(i), stop); });
}

void Lanes::stop_loops() {
  for (std::jthread& loop : loops_) loop.request_stop();
  loops_.clear();
}

void Lanes::belong(const std::stop_token& stop) {
  while (!group_->run(stop)) {
    stop_loops();
    group_.reset();  // leaves before the new one joins under the same name
    // Two processes of one name put each other out in turn; the wait keeps that from being a storm.
    std::mutex mutex;
    std::unique_lock lock{mutex};
    std::condition_variable_any().wait_for(lock, stop, options_.rejoin_wait, [] { return false; });
    // What was valid once still is.
    const auto connected = connect(kafka::ClientOptions{client_}, kafka::ConsumerOptions{options_});
    GODWIT_CHECK(connected.ok(), "{}", connected.error().message);
    log_info("joining the group anew");
    start_loops();
  }
}

void Lanes::stop() {
  if (membership_.joinable()) {
    membership_.request_stop();
    membership_.join();  // the lanes run on until it has got the partitions back
  }
  stop_loops();
}

std::vector<projection::Runner*> Lanes::runners() const {
  std::vector<projection::Runner*> out;
  out.reserve(runners_.size());
  for (const auto& runner : runners_) out.push_back(runner.get());
  return out;
}

projection::RunnerSnapshot Lanes::stats() const {
  std::vector<projection::RunnerSnapshot> lanes;
  lanes.reserve(runners_.size());
  for (const auto& runner : runners_) lanes.push_back(runner->stats());
  return merged(lanes);
}

}  // namespace godwit::service
