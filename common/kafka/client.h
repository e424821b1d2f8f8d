// What every Kafka client of ours shares: where the brokers are, extra librdkafka properties, and ownership
// of the C handles.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_message_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_partition_list_s;

namespace godwit::kafka {

struct ClientOptions {
  std::string brokers = "127.0.0.1:9092";
  std::string client_id = "godwit";
  std::vector<std::pair<std::string, std::string>> properties =
      {};  // any librdkafka property, applied last; values are secrets
};

struct DestroyClient {
  void operator()(rd_kafka_s* client) const;
};
struct DestroyConf {
  void operator()(rd_kafka_conf_s* conf) const;
};
struct DestroyMessage {
  void operator()(rd_kafka_message_s* message) const;
};
struct DestroyPartitions {
  void operator()(rd_kafka_topic_partition_list_s* list) const;
};
struct DestroyQueue {
  void operator()(rd_kafka_queue_s* queue) const;
};
using ClientPtr = std::unique_ptr<rd_kafka_s, DestroyClient>;
using ConfPtr = std::unique_ptr<rd_kafka_conf_s, DestroyConf>;
using MessagePtr = std::unique_ptr<rd_kafka_message_s, DestroyMessage>;
using PartitionsPtr = std::unique_ptr<rd_kafka_topic_partition_list_s, DestroyPartitions>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_s, DestroyQueue>;

// A configuration from `defaults`, then `options.properties`. Invalid when librdkafka refuses a name or
// value; the error names the property and never its value.
Result<ConfPtr> make_conf(const ClientOptions& options,
                          const std::vector<std::pair<std::string, std::string>>& defaults);

// What a property has been set to; empty for one that librdkafka does not know.
std::string value_of(const rd_kafka_conf_s& conf, const std::string& property);

// Creates the client and takes the configuration over.
enum class ClientKind { consumer, producer };
Result<ClientPtr> make_client(ClientKind kind, ConfPtr conf);

// The cluster's own id, as in meta.properties; empty when no broker answers within `timeout`.
std::string cluster_id(rd_kafka_s& client, int timeout_ms);

// One line for an error code of librdkafka; `transient` for everything it recovers from by itself.
Error error_of(int code, const std::string& context);

}  // namespace godwit::kafka
