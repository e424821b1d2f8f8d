// What the runner keeps of each store it folds into. Private to the runner's own files.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/projection/runner.h"

namespace godwit::projection {

struct Runner::Owned {
  // Ids of dead letters the broker has acknowledged; filled on the publisher's thread, emptied by the loop.
  struct Acknowledged {
    std::mutex mutex;
    std::vector<std::int64_t> ids;
    std::size_t in_flight = 0;
  };
  // Counters of one batch, so that the shared statistics are locked once per batch, not once per record.
  struct Tally {
    Timestamp began_at{};                          // now, as far as the age of events goes
    std::map<event::Type, std::uint64_t> applied;  // Type::unknown: seen and skipped
    std::uint64_t redelivered = 0;
    EventAges ages;
    std::map<std::pair<std::string, std::string>, std::uint64_t> dead_letters;
  };

  std::string name;
  std::unique_ptr<PartitionStore> store;  // null while it cannot be opened; it is suspended then
  std::set<stream::TopicPartition> partitions;
  bool in_transaction = false;
  bool has_letters = true;            // after a start some may be left from before
  std::optional<Timestamp> retry_at;  // set while suspended
  bool refused = false;               // folds nothing more: another log, or a corrupt file
  bool frozen = false;                // serves until its successor is built
  bool held = false;                  // its successor is about to take its place
  bool paused = false;                // the source knows that nothing is folded now
  Tally tally;
  std::shared_ptr<Acknowledged> acknowledged = std::make_shared<Acknowledged>();

  bool folds() const { return store && !retry_at && !refused && !frozen && !held; }
};

}  // namespace godwit::projection
