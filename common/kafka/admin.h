// Topics: what godwit needs on a cluster, and making it so.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/kafka/client.h"

namespace godwit::kafka {

struct TopicSpec {
  std::string name;
  int partitions = 1;
  int replication_factor = 1;
  std::vector<std::pair<std::string, std::string>> config;
};

// All topics of the contract. Those folded together have the same partition count.
std::vector<TopicSpec> contract_topics(int partitions, int replication_factor);

enum class TopicOutcome { created, existed };
struct TopicReport {
  std::string name;
  TopicOutcome outcome;
  int partitions = 0;
};

// Creates what is missing and leaves what exists as it is. Invalid when a topic exists with another partition
// count: raising it would move keys to other partitions, so the way out is a new topic or a rebuild.
Result<std::vector<TopicReport>> create_topics(const ClientOptions& client,
                                               const std::vector<TopicSpec>& topics, int timeout_ms);

struct ClusterInfo {
  int brokers = 0;
  std::vector<std::pair<std::string, int>> topics;  // name, partition count
};
Result<ClusterInfo> describe_cluster(const ClientOptions& client, int timeout_ms);

}  // namespace godwit::kafka
