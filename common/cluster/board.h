// PeerBoard: who has been heard of lately, and who answers for which store. Pure: the caller tells the time.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/cluster/peer.h"
#include "common/projection/store_key.h"

namespace godwit::cluster {

using Steady = std::chrono::steady_clock;

struct BoardOptions {
  std::string consumer = {};
  std::string group = {};
  projection::StoreKey store_key = projection::StoreKey::partition;
  Millis stale_after{6'000};    // three beats missed: whoever is silent for longer is not counted on
  std::size_t peers_max = 256;  // of one group; those heard of later are not counted on
};

// Who answers for a store.
struct Owner {
  std::string instance;
  std::string url;
  bool caught_up = false;  // in every topic of the store
};

// Not thread-safe.
class PeerBoard {
 public:
  struct Heard {
    Peer peer;
    Steady::time_point at;
  };

  explicit PeerBoard(BoardOptions options) : options_(std::move(options)) {}

  // One record of the topic; nullopt: a tombstone. Silence is measured from `now`, the time of arrival here,
  // so that clocks need not agree. A value that is not a peer's, or not under its key, changes nothing. True
  // when who owns what may have changed.
  bool heard(const std::string& key, const std::optional<std::string>& value, Steady::time_point now);

  // Members of our group that are not silent, by instance.
  std::vector<Heard> peers(Steady::time_point now) const;
  // The owner of each store that has one. Where two claim a store, the newer process is right, and of equals
  // the one heard of last.
  std::map<std::string, Owner> owners(Steady::time_point now) const;

  std::uint64_t rubbish_total() const { return rubbish_total_; }

 private:
  BoardOptions options_;
  std::map<std::string, Heard> heard_;
  std::uint64_t rubbish_total_ = 0;
};

// The stores of these partitions, and whether each has caught up in all its topics.
std::map<std::string, bool> stores_of(projection::StoreKey key,
                                      const std::vector<projection::PartitionState>& partitions);

}  // namespace godwit::cluster
