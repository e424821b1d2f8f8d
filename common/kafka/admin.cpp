#include "common/kafka/admin.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "common/kafka/reading.h"

namespace godwit::kafka {
namespace {

constexpr const char* forever = "-1";

Result<ClientPtr> make_admin(const ClientOptions& options) {
  auto conf = make_conf(options, {});
  if (!conf) return conf.error();
  return make_client(ClientKind::producer, std::move(*conf));
}

Result<ClusterInfo> describe(rd_kafka_t& client, int timeout_ms) {
  const auto metadata = metadata_of(client, Millis{timeout_ms});
  if (!metadata) return metadata.error();
  const rd_kafka_metadata_t& told = **metadata;
  ClusterInfo out{.brokers = told.broker_cnt, .topics = {}};
  for (int i = 0; i < told.topic_cnt; ++i)
    if (told.topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
      out.topics.emplace_back(told.topics[i].topic, told.topics[i].partition_cnt);
  return out;
}

struct DestroyNewTopic {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
using NewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, DestroyNewTopic>;

Result<NewTopicPtr> make_new_topic(const TopicSpec& spec) {
  char reason[256] = {};
  NewTopicPtr topic{rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replication_factor, reason,
                                          sizeof(reason))};
  if (!topic) return invalid_error(fmt::format("topic {}: {}", spec.name, reason));
  for (const auto& [name, value] : spec.config)
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  return topic;
}

Status create_missing(rd_kafka_t& client, const std::vector<TopicSpec>& missing, int timeout_ms) {
  std::vector<NewTopicPtr> topics;
  std::vector<rd_kafka_NewTopic_t*> raw;
  for (const TopicSpec& spec : missing) {
    auto topic = make_new_topic(spec);
    if (!topic) return topic.error();
    raw.push_back(topic->get());
    topics.push_back(std::move(*topic));
  }
  const std::unique_ptr<rd_kafka_AdminOptions_t, void (*)(rd_kafka_AdminOptions_t*)> options{
      rd_kafka_AdminOptions_new(&client, RD_KAFKA_ADMIN_OP_CREATETOPICS), rd_kafka_AdminOptions_destroy};
  char reason[256] = {};
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms, reason, sizeof(reason));
  const std::unique_ptr<rd_kafka_queue_t, void (*)(rd_kafka_queue_t*)> queue{rd_kafka_queue_new(&client),
                                                                             rd_kafka_queue_destroy};
  rd_kafka_CreateTopics(&client, raw.data(), raw.size(), options.get(), queue.get());
  const std::unique_ptr<rd_kafka_event_t, void (*)(rd_kafka_event_t*)> event{
      rd_kafka_queue_poll(queue.get(), timeout_ms), rd_kafka_event_destroy};
  if (!event) return transient_error("Kafka did not answer the request to create topics");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error_of(rd_kafka_event_error(event.get()), "creating topics");
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* detail = rd_kafka_topic_result_error_string(results[i]);
    return invalid_error(fmt::format("creating topic {}: {}", rd_kafka_topic_result_name(results[i]),
                                     detail != nullptr ? detail : rd_kafka_err2str(code)));
  }
  return Done{};
}

}  // namespace

std::vector<TopicSpec> contract_topics(int partitions, int replication_factor) {
  const std::string min_isr = replication_factor >= 3 ? "2" : "1";
  const auto topic = [&](std::string name, int count,
                         std::vector<std::pair<std::string, std::string>> config) {
    config.emplace_back("min.insync.replicas", min_isr);
    config.emplace_back("unclean.leader.election.enable", "false");
    return TopicSpec{std::move(name), count, replication_factor, std::move(config)};
  };
  return {
      topic("migrations.lifecycle", partitions,
            {{"cleanup.policy", "delete"}, {"retention.ms", forever}, {"retention.bytes", forever}}),
      topic("migrations.progress", partitions,
            {{"cleanup.policy", "delete"}, {"retention.ms", "86400000"}, {"segment.ms", "3600000"}}),
      topic("platform.activity", partitions,
            {{"cleanup.policy", "delete"}, {"retention.ms", forever}, {"retention.bytes", forever}}),
      topic("godwit.checkpoints", 1,
            {{"cleanup.policy", "delete"}, {"retention.ms", forever}, {"retention.bytes", forever}}),
      topic("godwit.config", 1, {{"cleanup.policy", "compact"}}),
      topic("godwit.peers", 1, {{"cleanup.policy", "compact"}, {"segment.ms", "600000"}}),
      topic("godwit.deadletter", 1,
            {{"cleanup.policy", "delete"}, {"retention.ms", forever}, {"max.message.bytes", "2097152"}}),
  };
}

Result<ClusterInfo> describe_cluster(const ClientOptions& options, int timeout_ms) {
  auto client = make_admin(options);
  if (!client) return client.error();
  return describe(**client, timeout_ms);
}

Result<std::vector<TopicReport>> create_topics(const ClientOptions& options,
                                               const std::vector<TopicSpec>& topics, int timeout_ms) {
  auto client = make_admin(options);
  if (!client) return client.error();
  auto cluster = describe(**client, timeout_ms);
  if (!cluster) return cluster.error();
  std::vector<TopicReport> reports;
  std::vector<TopicSpec> missing;
  for (const TopicSpec& spec : topics) {
    const auto found = std::find_if(cluster->topics.begin(), cluster->topics.end(),
                                    [&](const auto& topic) { return topic.first == spec.name; });
    if (found == cluster->topics.end()) {
      missing.push_back(spec);
      reports.push_back({spec.name, TopicOutcome::created, spec.partitions});
    } else if (found->second == spec.partitions) {
      reports.push_back({spec.name, TopicOutcome::existed, found->second});
    } else {
      return invalid_error(
          fmt::format("topic {} has {} partitions, not {}; ask for --partitions {}, or delete the topic "
                      "first if it holds nothing",
                      spec.name, found->second, spec.partitions, found->second));
    }
  }
  if (missing.empty()) return reports;
  auto created = create_missing(**client, missing, timeout_ms);
  if (!created) return created.error();
  return reports;
}

}  // namespace godwit::kafka
