#include "tests/sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>

namespace godwit::sim {
namespace {

constexpr int steps_after_story_max = 30;
constexpr int drain_turns_max = 1000;

}  // namespace

Simulation::Simulation(const Subject& subject, const Setup& setup)
    : world_(subject, setup.bug, setup.seed),
      backing_(setup.backing),
      story_(world_.random.seed()),
      shared_disk_(world_.random.chance(40)) {
  owner_.fill(-1);
  last_owner_.fill(-1);
  for (int i = 0; i < (shared_disk_ ? 1 : instances); ++i)
    disks_.push_back(subject.make_disk(setup.backing, setup.bug, fmt::format("{}/{}", setup.directory, i)));
  for (int i = 0; i < instances; ++i) {
    instances_.push_back(
        std::make_unique<Instance>(world_, *disks_[shared_disk_ ? 0 : static_cast<std::size_t>(i)]));
    instances_.back()->start();
  }
  // Some begin with all of the log before them, as a rebuild does.
  if (world_.random.chance(25))
    while (!story_.over()) story_.tell(world_.log, world_.random);
  rebalance();
}

std::optional<std::string> Simulation::run() {
  int extra = world_.random.below(steps_after_story_max);
  while (!story_.over() || extra-- > 0) {
    step();
    if (world_.random.chance(world_.bug == Bug::swap_too_early ? 50 : 5))
      if (auto complaint = check_disks()) return "under way: " + *complaint;
  }
  if (auto complaint = drain()) return complaint;
  if (auto complaint = check_disks()) return complaint;
  return check_letters();
}

void Simulation::step() {
  story_.tell(world_.log, world_.random);
  misfortune();
  for (int i = 0; i < instances; ++i)
    if (instances_[static_cast<std::size_t>(i)]->running() && world_.random.chance(80))
      if (!instances_[static_cast<std::size_t>(i)]->turn()) lost(i);
  if (world_.random.chance(30)) world_.ground.commit_late();
  world_.ground.lazy = world_.random.chance(40);
  world_.clock.advance(Millis{world_.random.below(700)});
}

void Simulation::misfortune() {
  Random& random = world_.random;
  const int i = random.below(instances);
  Instance& instance = *instances_[static_cast<std::size_t>(i)];
  switch (random.below(16)) {
    case 0:
      if (!instance.running()) break;
      world_.tally.add("crashes between turns");
      instance.crash(), lost(i);
      break;
    case 1:
      if (instance.running()) instance.stop(), lost(i);
      break;
    case 2:
      if (!instance.running()) instance.start(random.chance(40));
      break;
    case 3:
    case 4:
      rebalance();
      break;
    case 5:
      if (instance.running() && instance.source().redeliver()) world_.tally.add("redeliveries");
      break;
    case 6:
      if (!instance.running()) break;
      world_.tally.add("outages");
      instance.source().fail_next();
      break;
    case 7:
      instance.fate.disk_full = !instance.fate.disk_full && random.chance(50);
      if (instance.fate.disk_full) world_.tally.add("full disks");
      break;
    case 8:
      instance.publisher.away = random.chance(40);
      instance.publisher.corked = random.chance(40);
      if (!instance.publisher.corked) instance.publisher.uncork();
      break;
    case 9:
      if (instance.running() && !is_late(world_.bug)) instance.rebuild();
      break;
    case 10:
      if (random.chance(30)) damage(instance);
      break;
    default:
      instance.fate.at = static_cast<Point>(random.below(points));
      if (backing_ == Backing::files && random.chance(40)) instance.fate.at = Point::row;
      instance.fate.passes_left = random.below(random.chance(50) ? 2 : 20);
      instance.fate.dies = random.chance(60);
  }
}

void Simulation::damage(Instance& instance) {
  const auto names = instance.disk().names();
  if (names.empty()) return;
  const std::string& store =
      names[static_cast<std::size_t>(world_.random.below(static_cast<int>(names.size())))];
  if (instance.disk().is_damaged(store)) return;
  instance.disk().damage(store);
  seen_.erase({&instance.disk(), store});
  world_.tally.add("stores damaged");
}

// Every partition may change hands; none has two owners at any time.
void Simulation::rebalance() {
  std::vector<int> running;
  for (int i = 0; i < instances; ++i)
    if (instances_[static_cast<std::size_t>(i)]->running()) running.push_back(i);
  for (int partition = 0; partition < partitions; ++partition) {
    if (world_.random.chance(30) && owner_[static_cast<std::size_t>(partition)] >= 0) continue;
    take_back(partition);
    if (running.empty()) continue;
    give(partition, running[static_cast<std::size_t>(world_.random.below(static_cast<int>(running.size())))]);
  }
}

void Simulation::give(int partition, int instance) {
  choose_disk(partition, instance);
  instances_[static_cast<std::size_t>(instance)]->assign(partition);
  owner_[static_cast<std::size_t>(partition)] = last_owner_[static_cast<std::size_t>(partition)] = instance;
}

void Simulation::take_back(int partition) {
  int& owner = owner_[static_cast<std::size_t>(partition)];
  if (owner >= 0) {
    world_.tally.add("revoked partitions");
    instances_[static_cast<std::size_t>(owner)]->revoke(partition);
  }
  owner = -1;
}

// Where disks are not shared, the new owner has what it had when it last owned the partition, or nothing, or
// is handed the files of the last owner.
void Simulation::choose_disk(int partition, int instance) {
  const int last = last_owner_[static_cast<std::size_t>(partition)];
  if (shared_disk_ || last < 0) return;
  const int choice = world_.random.below(3);
  Disk& mine = instances_[static_cast<std::size_t>(instance)]->disk();
  Disk& theirs = instances_[static_cast<std::size_t>(last)]->disk();
  for (const std::string& store : stores_of(partition)) {
    auto& beside = world_.ground.positions;
    if (choice == 0 || (choice == 1 && last != instance)) {
      seen_.erase({&mine, store});
      seen_.erase({&theirs, store});
    }
    world_.tally.add(choice == 0 ? "stores rebuilt from nothing"
                                 : (choice == 1 ? "stores moved" : "stores found stale"));
    if (choice == 0) {
      mine.wipe(store);
      beside.erase({&mine, store});
    } else if (choice == 1 && last != instance) {
      mine.take(store, theirs);
      beside[{&mine, store}] = beside[{&theirs, store}];
      beside.erase({&theirs, store});
    }
  }
}

void Simulation::lost(int instance) {
  for (int& owner : owner_)
    if (owner == instance) owner = -1;
}

Simulation::Complaint Simulation::drain() {
  world_.ground.lazy = false;
  if (is_late(world_.bug))  // what a store without new records has put off is done when it is let go
    for (int partition = 0; partition < partitions; ++partition) take_back(partition);
  for (auto& instance : instances_) {
    instance->heal();
    if (!instance->running()) instance->start();
    instance->source().calm();
  }
  rebalance();
  world_.ground.commit_late();
  own_all();
  if (auto complaint = catch_up()) return complaint;  // a damaged store stands in nobody's way
  repair();
  return catch_up();
}

void Simulation::own_all() {
  for (int partition = 0; partition < partitions; ++partition)
    if (owner_[static_cast<std::size_t>(partition)] < 0) give(partition, world_.random.below(instances));
}

void Simulation::repair() {
  if (std::none_of(disks_.begin(), disks_.end(), [](const auto& disk) { return disk->has_damage(); })) return;
  for (int i = 0; i < instances; ++i) {
    Instance& instance = *instances_[static_cast<std::size_t>(i)];
    instance.stop(), lost(i);
    instance.start(true);
    instance.source().calm();
  }
  own_all();
}

Simulation::Complaint Simulation::catch_up() {
  for (int turn = 0; turn < drain_turns_max; ++turn) {
    world_.clock.advance(Millis{1000});
    for (int i = 0; i < instances; ++i) instances_[static_cast<std::size_t>(i)]->turn();
    // What is built beside a damaged store may wait for it.
    const bool settled = std::all_of(instances_.begin(), instances_.end(), [](const auto& instance) {
      return instance->disk().has_damage() || instance->settled();
    });
    if (turn % 8 == 7 && settled && caught_up()) return std::nullopt;
  }
  std::string unsettled;
  for (const auto& instance : instances_) unsettled += instance->unsettled();
  return "the log is never folded to its end, or dead letters stay unpublished" + unsettled;
}

std::vector<std::string> Simulation::stores_of(int partition) const {
  if (world_.subject.store_key() == projection::StoreKey::partition)
    return {fmt::format("p-{:04}", partition)};
  std::vector<std::string> out;
  for (const std::string& topic : world_.subject.topics())
    out.push_back(fmt::format("{}-{:04}", topic, partition));
  return out;
}

}  // namespace godwit::sim
