// Retention: which sealed segments may go, and their going: archived, signed, given up by the store, told,
// removed. What proofs of later records need stays. Private to consumers/audit.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/sqlite/readers.h"
#include "consumers/audit/keep/own_events.h"
#include "consumers/audit/keep/pruned_table.h"
#include "consumers/audit/segments.h"

namespace godwit::audit::keep {

// A segment goes when every limit that is set lets it; with none set, none ever does.
struct RetentionOptions {
  std::int64_t segments_kept = 0;  // the newest sealed ones of each partition; 0: no such limit
  std::int64_t days_kept = 0;      // since the latest event of a segment; 0: no such limit
  std::string archive = {};        // a segment is written there before it goes; empty: it is not
  Millis grace{10'000};            // how long a pruned file stays for questions that have begun

  bool prunes() const { return segments_kept > 0 || days_kept > 0; }
  // "--keep 12 --keep-days 400"
  std::string text() const;
  // Whether records of the last 12 months may go.
  bool keeps_too_little() const { return prunes() && days_kept < 365; }
};

// Whether the oldest segment is to go. Pure.
bool is_due(const RetentionOptions& policy, const std::vector<Closed>& segments, Timestamp now);

struct RetentionPorts {
  // The largest signed size of a partition's tree; what is not signed yet does not go.
  std::function<std::uint64_t(const ledger::Origin&)> signed_size = {};
  // Signs a text, as a note; nullopt while there is no key.
  std::function<std::optional<std::string>(const std::string&)> sign = {};
};

// Used by one thread.
class Retention {
 public:
  // All outlive it.
  Retention(const sqlite::Readers& files, const Clock& clock, std::shared_ptr<PruneOrders> orders,
            RetentionPorts ports, RetentionOptions options);

  // Orders the oldest segment of each partition that is due and `may_prune`, and ends what was ordered
  // before. `tell` is called again for what was told. StoreFailure passes through.
  void look(const std::function<bool(const ledger::Origin&)>& may_prune,
            const std::function<void(const Happening&)>& tell);

 private:
  struct Partition {
    std::string file;
    ledger::Origin origin;
    std::vector<Closed> closed;
    std::vector<Pruned> pruned;
  };
  std::vector<Partition> partitions() const;
  void order(const Partition& partition);
  void finish(const Partition& partition, const std::function<void(const Happening&)>& tell);

  const sqlite::Readers& files_;
  const Clock& clock_;
  const std::shared_ptr<PruneOrders> orders_;
  const RetentionPorts ports_;
  const RetentionOptions options_;
  std::map<std::string, std::int64_t> finished_;   // by partition file: the index up to which nothing is left
  std::map<std::string, Timestamp> pruned_since_;  // by sealed file
  std::map<std::string, std::string> complaints_;  // by partition file: the last one logged
};

}  // namespace godwit::audit::keep
