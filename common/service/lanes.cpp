#include "common/service/lanes.h"

#include "common/base/check.h"

namespace godwit::service {
namespace {

template <class Map>
void add_counts(Map& sum, const Map& more) {
  for (const auto& [key, count] : more) sum[key] += count;
}

void add(projection::RunnerSnapshot& sum, const projection::RunnerSnapshot& lane) {
  add_counts(sum.events, lane.events);
  add_counts(sum.dead_letters, lane.dead_letters);
  sum.commits += lane.commits;
  for (std::size_t i = 0; i < sum.commit_buckets.size(); ++i) sum.commit_buckets[i] += lane.commit_buckets[i];
  sum.commit_seconds_sum += lane.commit_seconds_sum;
  sum.partitions.insert(sum.partitions.end(), lane.partitions.begin(), lane.partitions.end());
  sum.suspended.insert(lane.suspended.begin(), lane.suspended.end());
  sum.refused.insert(lane.refused.begin(), lane.refused.end());
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
  return Done{};
}

void Lanes::start() {
  GODWIT_CHECK(group_ != nullptr, "started before connected");
  for (std::size_t i = 0; i < runners_.size(); ++i)
    loops_.emplace_back([this, i](const std::stop_token& stop) { runners_[i]->run(group_->lane(i), stop); });
  membership_ = std::jthread{[this](const std::stop_token& stop) { group_->run(stop); }};
}

void Lanes::stop() {
  if (membership_.joinable()) {
    membership_.request_stop();
    membership_.join();  // the lanes run on until it has got the partitions back
  }
  for (std::jthread& loop : loops_) loop.request_stop();
  loops_.clear();
}

projection::RunnerSnapshot Lanes::stats() const {
  std::vector<projection::RunnerSnapshot> lanes;
  lanes.reserve(runners_.size());
  for (const auto& runner : runners_) lanes.push_back(runner->stats());
  return merged(lanes);
}

}  // namespace godwit::service
