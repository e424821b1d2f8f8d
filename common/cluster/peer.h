// Peer: what one instance tells the others about itself, as a value and as the JSON on the topic
// `godwit.peers`. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/projection/runner_stats.h"

namespace godwit::cluster {

inline constexpr const char* peers_topic = "godwit.peers";

struct Peer {
  std::string consumer = {};  // "godwit-progress"
  std::string group = {};     // of the Kafka consumer group: only its members share the partitions out
  std::string instance = {};  // unique within the group
  std::string url = {};       // where it answers: "http://host:8080"
  std::int64_t version = 1;   // of its projection
  std::int64_t epoch_ms = 0;  // when its process began
  std::map<std::string, std::int32_t> partition_counts = {};  // of each topic it reads
  std::vector<projection::PartitionState> partitions = {};    // those it owns, and how far it is
};

struct PeerLimits {
  std::size_t bytes_max = 1024 * 1024;  // of one value on the topic
  std::size_t text_bytes_max = 1024;
  std::size_t partitions_max = 10'000;
};

// The key of its record: "<group>/<instance>".
std::string key_of(const Peer& peer);

std::string to_json(const Peer& peer);
// `invalid` for anything to_json() would not write, or over a limit: an instance's word is taken whole or not
// at all.
Result<Peer> read_peer(std::string_view json, const PeerLimits& limits = {});

}  // namespace godwit::cluster
