#include "tests/sim/instance.h"

#include <fmt/format.h>

namespace godwit::sim {

Status ShakyPublisher::publish(stream::OutRecord record, stream::Acknowledge acknowledge) {
  if (away) return transient_error("broker away");
  if (corked && random_.chance(20)) {  // stored, but nobody heard of it
    log_.append(std::move(record));
    acknowledge(transient_error("timed out"));
    return Done{};
  }
  const auto placed = log_.append(std::move(record));
  if (corked) {
    held_.push_back([placed, acknowledge] { acknowledge(placed); });
  } else {
    acknowledge(placed);
  }
  return Done{};
}

void ShakyPublisher::uncork() {
  corked = false;
  for (auto& each : held_) each();
  held_.clear();
}

Result<std::unique_ptr<projection::PartitionStore>> Instance::Stores::open(const std::string& name,
                                                                           const projection::LogIdentity&) {
  auto store = owner.disk_.open(name);
  if (!store) return store.error();
  World& world = owner.world_;
  return with_bug(world.bug, world.ground, owner.disk_, name,
                  std::make_unique<FragileStore>(std::move(*store), owner.fate));
}

Instance::Process::Process(Instance& owner)
    : stores(owner),
      runner({.consumer = owner.world_.subject.name(),
              .store_key = owner.world_.subject.store_key(),
              .poll = {.records_max = static_cast<std::size_t>(1 + owner.world_.random.below(60))},
              .dead_letters_max = static_cast<std::size_t>(1 + owner.world_.random.below(5))},
             stores, owner.publisher, owner.world_.clock, {}),
      source(owner.world_.log, runner, owner.world_.random) {}

void Instance::start() { process_ = std::make_unique<Process>(*this); }

void Instance::crash() {
  auto& late = world_.ground.late;
  const std::size_t before = late.size();
  process_.reset();
  late.resize(before);  // what a dead process had in hand is gone
  publisher.forget();
  fate = {.at = {}, .disk_full = fate.disk_full};
}

void Instance::stop() {
  world_.tally.add("clean stops");
  process_->source.close();
  process_.reset();
}

bool Instance::turn() {
  try {
    process_->runner.turn(process_->source);
    return true;
  } catch (const Crash& death) {
    world_.tally.add(fmt::format("crashes {}", name_of(death.at)));
    crash();
    return false;
  }
}

std::vector<stream::TopicPartition> Instance::topics_of(int partition) const {
  std::vector<stream::TopicPartition> out;
  for (const std::string& topic : world_.subject.topics())
    out.push_back({topic, stream::Partition{partition}});
  return out;
}

void Instance::assign(int partition) { process_->source.assign(topics_of(partition)); }
void Instance::revoke(int partition) { process_->source.revoke(topics_of(partition)); }

void Instance::heal() {
  fate = {};
  publisher.away = false;
  publisher.uncork();
}

}  // namespace godwit::sim
