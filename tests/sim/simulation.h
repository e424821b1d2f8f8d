// Simulation: a subject, three instances and a seed. Everything that can go wrong goes wrong; then it ends,
// and what the instances hold must be the fold of the log.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "tests/sim/instance.h"
#include "tests/sim/story.h"

namespace godwit::sim {

struct Setup {
  std::uint64_t seed = 1;
  Backing backing = Backing::memory;
  std::string directory;  // for files, empty at the start
  Bug bug = Bug::none;
};

class Simulation {
 public:
  Simulation(const Subject& subject, const Setup& setup);

  // What is wrong, for people; nullopt when the promise was kept.
  std::optional<std::string> run();
  const Tally& tally() const { return world_.tally; }

 private:
  using Complaint = std::optional<std::string>;
  static constexpr int instances = 3;

  void step();
  void misfortune();
  void rebalance();
  void give(int partition, int instance);
  void take_back(int partition);
  void choose_disk(int partition, int instance);
  void lost(int instance);
  void damage(Instance& instance);
  // Ends all faults and lets everybody catch up.
  Complaint drain();
  Complaint catch_up();
  // Starts all instances anew with --repair, if anything they own is damaged.
  void repair();
  void own_all();
  // But for damaged stores.
  bool caught_up();

  std::vector<std::string> stores_of(int partition) const;
  std::vector<stream::Record> records_below(const std::string& store, const Positions& positions) const;
  Complaint check_disks();
  Complaint check_progress(const Disk& disk, const std::string& store, const Positions& now);
  Complaint check_letters();

  World world_;
  Backing backing_;
  Story story_;
  bool shared_disk_;  // one volume for all: a partition's file is where its next owner looks for it
  std::vector<std::unique_ptr<Disk>> disks_;
  std::map<std::pair<const Disk*, std::string>, Positions> seen_;  // how far each store was, until it is lost
  std::vector<std::unique_ptr<Instance>> instances_;
  std::array<int, partitions> owner_{};  // -1: nobody
  std::array<int, partitions> last_owner_{};
};

}  // namespace godwit::sim
