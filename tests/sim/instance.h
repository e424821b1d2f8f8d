// Instance: one of the simulated consumers, and what it is made of. It dies, comes back, and has a fate.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "common/projection/rebuild.h"
#include "common/projection/runner.h"
#include "tests/sim/disk.h"
#include "tests/sim/planted.h"
#include "tests/sim/source.h"
#include "tests/sim/story.h"
#include "tests/sim/subject.h"

namespace godwit::sim {

// Takes records or does not, and acknowledges them now, later, never, or with a doubt.
class ShakyPublisher final : public stream::Publisher {
 public:
  ShakyPublisher(stream::MemoryLog& log, Random& random) : log_(log), random_(random) {}

  Status publish(stream::OutRecord record, stream::Acknowledge acknowledge) override;
  Status flush(Millis) override { return Done{}; }
  void uncork();
  void forget() { held_.clear(); }  // the process is gone, and with it what it waited for

  bool away = false, corked = false;

 private:
  stream::MemoryLog& log_;
  Random& random_;
  std::vector<std::function<void()>> held_;
};

// What has happened, to see that it did.
struct Tally {
  std::map<std::string, std::uint64_t> counts;
  void add(const std::string& what, std::uint64_t count = 1) { counts[what] += count; }
};

// What all instances share.
struct World {
  World(const Subject& folded, Bug planted, std::uint64_t seed)
      : subject(folded), bug(planted), random(seed) {}

  const Subject& subject;
  Bug bug;
  Random random;
  stream::MemoryLog log{partitions};
  FakeClock clock{from_unix_ms(1'795'254'859'257)};
  BugGround ground;
  Tally tally;
};

class Instance {
 public:
  Instance(World& world, Disk& disk) : world_(world), disk_(disk), publisher(world.log, world.random) {}

  bool running() const { return process_ != nullptr; }
  void start(bool repairs = false);
  // As kill -9: nothing is closed, nothing is said.
  void crash();
  void stop();  // cleanly
  // False when it died in doing so.
  bool turn();
  void assign(int partition);
  void revoke(int partition);
  ShakySource& source() { return process_->source; }
  void rebuild();
  // What of its rebuild is not over, for people.
  std::string unsettled() const;
  // Its rebuild, if one runs, is over.
  bool settled() const { return !process_->rebuild.snapshot().running; }
  Disk& disk() { return disk_; }
  void heal();

 private:
  // Opens the disk's stores, made fragile, and with the planted bug if there is one.
  struct Stores final : projection::StoreFactory {
    Stores(Instance& instance, bool with_repair) : owner(instance), repairs(with_repair) {}
    Result<std::unique_ptr<projection::PartitionStore>> open(const std::string& name,
                                                             const projection::LogIdentity& log) override;
    Opened open_next(const std::string& name, const projection::LogIdentity& log) override;
    bool has_next(const std::string& name) const override {
      return owner.disk_.stores(repairs).has_next(name);
    }
    Opened adopt(const std::string& name, const projection::LogIdentity& log) override;
    std::unique_ptr<projection::PartitionStore> fragile(const std::string& name,
                                                        std::unique_ptr<projection::PartitionStore> store);
    Instance& owner;
    bool repairs;
  };
  struct Process {
    Process(Instance& owner, bool repairs);
    Stores stores;
    projection::Runner runner;
    ShakySource source;
    projection::Rebuild rebuild;
  };
  std::vector<stream::TopicPartition> topics_of(int partition) const;

  World& world_;
  Disk& disk_;
  std::unique_ptr<Process> process_;

 public:
  Fate fate;
  ShakyPublisher publisher;
};

}  // namespace godwit::sim
