#include <fmt/format.h>

#include <algorithm>

#include "common/kafka/admin.h"
#include "producers/cli/commands.h"

namespace godwit::cli {

void TopicsCreate::add(service::Flags& flags) {
  flags.integer("partitions", partitions_, 1, 10'000,
                "Partitions of each topic that is folded; cannot be raised later without a rebuild");
  flags.integer("replication-factor", replication_, 0, 16,
                "Copies of each record; 0: one per broker, at most 3");
  flags.integer("wait", wait_seconds_, 1, 3600, "Seconds to wait for a broker");
}

int TopicsCreate::run(const kafka::ClientOptions& client) const {
  const int timeout_ms = static_cast<int>(wait_seconds_) * 1000;
  const auto cluster = kafka::describe_cluster(client, timeout_ms);
  if (!cluster) {
    fmt::print(stderr, "godwit: {} ({})\n", cluster.error().message, client.brokers);
    return 1;
  }
  const int replication = replication_ > 0 ? static_cast<int>(replication_) : std::min(3, cluster->brokers);
  const auto reports = kafka::create_topics(
      client, kafka::contract_topics(static_cast<int>(partitions_), replication), timeout_ms);
  if (!reports) {
    fmt::print(stderr, "godwit: {}\n", reports.error().message);
    return 1;
  }
  for (const auto& report : *reports)
    fmt::print("{:<22} {:>3} partitions  {}\n", report.name, report.partitions,
               report.outcome == kafka::TopicOutcome::created ? "created" : "existed");
  return 0;
}

}  // namespace godwit::cli
