// Peers for tests: members of one group that own partitions of one topic and have caught up.
#pragma once

#include <string>
#include <vector>

#include "common/cluster/peer.h"

namespace godwit::cluster::test {

inline Peer peer(const std::string& instance, const std::vector<std::int32_t>& partitions,
                 std::int64_t epoch_ms = 1'000) {
  Peer out{.consumer = "consumer",
           .group = "group",
           .instance = instance,
           .url = "http://" + instance,
           .epoch_ms = epoch_ms};
  for (const std::int32_t partition : partitions)
    out.partitions.push_back({{"migrations.lifecycle", stream::Partition{partition}}, 5, 5, true});
  return out;
}

}  // namespace godwit::cluster::test
