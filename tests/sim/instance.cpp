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

std::unique_ptr<projection::PartitionStore> Instance::Stores::fragile(
    const std::string& name, std::unique_ptr<projection::PartitionStore> store) {
  World& world = owner.world_;
  return with_bug(world.bug, world.ground, owner.disk_, name,
                  std::make_unique<FragileStore>(std::move(store), owner.fate, [&disk = owner.disk_, name] {
                    return disk.is_damaged(name);
                  }));
}

Result<std::unique_ptr<projection::PartitionStore>> Instance::Stores::open(
    const std::string& name, const projection::LogIdentity& log) {
  const bool damaged = owner.disk_.is_damaged(name);
  auto store = owner.disk_.open(name, log, repairs);
  if (!store) return store.error();
  if (damaged) {
    owner.world_.tally.add("stores repaired");
    owner.world_.ground.positions.erase({&owner.disk_, name});
  }
  return fragile(name, std::move(*store));
}

// Most bugs are planted in the serving stores; what is built beside them is fragile.
Result<std::unique_ptr<projection::PartitionStore>> Instance::Stores::open_next(
    const std::string& name, const projection::LogIdentity& log) {
  auto store = owner.disk_.stores(repairs).open_next(name, log);
  if (!store) return store.error();
  return with_rebuild_bug(
      owner.world_.bug, std::make_unique<FragileStore>(std::move(*store), owner.fate, [] { return false; }));
}

Result<std::unique_ptr<projection::PartitionStore>> Instance::Stores::adopt(
    const std::string& name, const projection::LogIdentity& log) {
  owner.fate.pass(Point::before_swap);
  auto store = owner.disk_.stores(repairs).adopt(name, log);
  if (!store) return store.error();
  if (owner.disk_.is_damaged(name)) owner.world_.tally.add("damaged stores rebuilt beside");
  owner.disk_.mend(name);
  owner.fate.pass(Point::after_swap);
  owner.world_.tally.add("stores swapped");
  return fragile(name, std::move(*store));
}

Instance::Process::Process(Instance& owner, bool repairs)
    : stores(owner, repairs),
      runner({.consumer = owner.world_.subject.name(),
              .store_key = owner.world_.subject.store_key(),
              .poll = {.records_max = static_cast<std::size_t>(1 + owner.world_.random.below(60))},
              .dead_letters_max = static_cast<std::size_t>(1 + owner.world_.random.below(5))},
             stores, owner.publisher, owner.world_.clock, {}),
      source(owner.world_.log, runner, owner.world_.random),
      rebuild(
          {.consumer = owner.world_.subject.name(),
           .store_key = owner.world_.subject.store_key(),
           .poll = {.records_max = static_cast<std::size_t>(1 + owner.world_.random.below(60))}},
          stores, {&runner},
          [&owner](stream::AssignmentListener& listener) -> Result<std::unique_ptr<stream::ManualSource>> {
            auto made = std::make_unique<ShakySource>(owner.world_.log, listener, owner.world_.random);
            made->garble(&owner.world_.tally.counts["garbled records"]);
            if (owner.world_.bug == Bug::swap_too_early) made->boast();
            return std::unique_ptr<stream::ManualSource>{std::move(made)};
          },
          owner.world_.clock) {}

std::string Instance::unsettled() const {
  std::string out;
  for (const auto& each : process_->rebuild.snapshot().stores)
    if (each.state == projection::RebuildState::folding || each.state == projection::RebuildState::swapping)
      out += fmt::format("; {} is {} at {} of {} {}", each.store,
                         each.state == projection::RebuildState::folding ? "rebuilt" : "swapped",
                         each.position, each.end, each.reason);
  return out;
}

void Instance::rebuild() {
  if (process_->rebuild.start(false)) world_.tally.add("rebuilds begun");
}

void Instance::start(bool repairs) { process_ = std::make_unique<Process>(*this, repairs); }

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
    process_->rebuild.turn();
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
