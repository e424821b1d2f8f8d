// Shares: who answers for which store right now, seen from one instance. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/cluster/board.h"

namespace godwit::cluster {

using Stores = std::set<std::string>;

struct Shares {
  bool known = false;      // how many partitions there are; when not, nothing can be said to be whole
  std::int32_t count = 0;  // partitions of each topic, for finding a key's; 0: whatever is here is all
  Stores own;              // answered from the files of this instance
  std::map<std::string, Stores> peers;  // by URL
  Stores unowned;                       // nobody answers for these
  Stores behind;                        // of `own` and `peers`: not caught up since they were assigned
};

// `open`: the stores this instance can read from; these it answers for itself, whatever others say.
// `partitions`: its own, as its runner tells them.
Shares share_out(projection::StoreKey key, const std::map<std::string, std::int32_t>& counts,
                 const Stores& open, const std::vector<projection::PartitionState>& partitions,
                 const std::map<std::string, Owner>& owners);

// "migrations.lifecycle" and 7 of migrations.lifecycle-0007; "p" and 7 of p-0007.
struct StoreParts {
  std::string topic;
  std::int32_t partition = 0;
};
StoreParts parts_of(const std::string& store);
// For people: "7", "migrations.lifecycle/7".
std::string shown(const std::string& store);
// How an answer names a store: "7" for p-0007, "\"migrations.lifecycle/7\"" for migrations.lifecycle-0007, as
// JSON.
std::string shown_as_json(const std::string& store);

}  // namespace godwit::cluster
