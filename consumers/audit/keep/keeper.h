// Keeper: the audit watching itself, on a thread of its own. It tells as events when the audit starts and
// stops, what has been sealed, and what is not as it should be; and prunes what the policy lets go.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/projection/runner_stats.h"
#include "common/sqlite/readers.h"
#include "common/stream/publisher.h"
#include "consumers/audit/keep/own_events.h"
#include "consumers/audit/keep/retention.h"
#include "consumers/audit/stored_tree.h"

namespace godwit::audit::keep {

struct KeeperOptions {
  bool own_events = true;     // whether anything is told
  std::string own_file = {};  // OwnEvents
  // A segment of platform.activity with fewer records is not told of: what is told lies there itself, and
  // would fill one segment after the other.
  std::int64_t rows_told_min = 16;
  RetentionOptions retention = {};
  Millis look_interval{1'000};
  Millis publish_timeout{10'000};  // for the acknowledgement of one event; it is tried again
  Millis farewell_timeout{2'000};  // at the end; what is owed then is sent by the next run
};

// What the keeper asks of the rest of the program. Callable from its thread until stop() returns.
struct KeeperPorts {
  std::function<projection::RunnerSnapshot()> folded = {};        // none: all partitions have caught up
  std::function<std::map<std::string, std::string>()> gaps = {};  // by origin: why its log is not what it was
  RetentionPorts retention = {};
  std::shared_ptr<PruneOrders> orders = {};  // none: nothing is pruned
};

// Nothing is told of a partition before it has caught up, and what was sealed before this data directory
// first had caught up with it is past: a fold of an old log tells nothing.
class Keeper {
 public:
  // All outlive it.
  Keeper(const sqlite::Readers& files, stream::Publisher& publisher, const Clock& clock, KeeperPorts ports,
         KeeperOptions options);
  ~Keeper() { stop(); }

  void start();
  void stop();
  // One look at everything. What the thread does, over and over.
  void look();

 private:
  void open();
  void watch(const projection::RunnerSnapshot& folded);
  void prune(const projection::RunnerSnapshot& folded);
  bool has_caught_up(const projection::RunnerSnapshot& folded, const ledger::Origin& origin) const;
  void tell(const Happening& happening) { (void)own_->tell(happening, clock_.now()); }
  void tell_of_partitions(const projection::RunnerSnapshot& folded);
  void tell_of_seals(StoredTree& tree);
  void tell_of_gaps(const projection::RunnerSnapshot& folded);
  void tell_of_gap(const std::string& what, const std::string& why);
  void publish(Millis timeout);

  const sqlite::Readers& files_;
  stream::Publisher& publisher_;
  const Clock& clock_;
  const KeeperPorts ports_;
  const KeeperOptions options_;
  std::optional<OwnEvents> own_;
  std::optional<Retention> retention_;
  bool began_ = false;
  std::map<std::string, std::string> gaps_told_;  // the last of each, in this run
  std::string complaint_;                         // the last one logged
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace godwit::audit::keep
