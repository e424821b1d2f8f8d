#include "common/kafka/client.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include "common/base/log.h"

namespace godwit::kafka {
namespace {

// librdkafka's own log lines, into ours. Connection errors are repeated on every retry, so they are debug;
// readiness tells them.
void forward_log(const rd_kafka_t*, int, const char* facility, const char* text) {
  log_debug("librdkafka {}: {}", facility, text);
}

}  // namespace

void DestroyClient::operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
void DestroyConf::operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
void DestroyMessage::operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
void DestroyPartitions::operator()(rd_kafka_topic_partition_list_t* list) const {
  rd_kafka_topic_partition_list_destroy(list);
}
void DestroyQueue::operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }

Result<ConfPtr> make_conf(const ClientOptions& options,
                          const std::vector<std::pair<std::string, std::string>>& defaults) {
  ConfPtr conf{rd_kafka_conf_new()};
  rd_kafka_conf_set_log_cb(conf.get(), forward_log);
  char reason[512] = {};
  const auto set = [&](const std::string& name, const std::string& value) {
    return rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason, sizeof(reason)) ==
           RD_KAFKA_CONF_OK;
  };
  if (!set("bootstrap.servers", options.brokers) || !set("client.id", options.client_id))
    return invalid_error(fmt::format("Kafka brokers '{}': {}", options.brokers, reason));
  for (const auto& [name, value] : defaults)
    GODWIT_CHECK(set(name, value), "librdkafka refuses our own default {}={}: {}", name, value, reason);
  for (const auto& [name, value] : options.properties)
    if (!set(name, value))
      return invalid_error(fmt::format("-X {}=...: librdkafka refuses this property or its value", name));
  return conf;
}

std::string value_of(const rd_kafka_conf_t& conf, const std::string& property) {
  char value[512] = {};
  std::size_t size = sizeof(value);
  const auto code = rd_kafka_conf_get(&conf, property.c_str(), value, &size);
  return code == RD_KAFKA_CONF_OK ? value : "";
}

Result<ClientPtr> make_client(ClientKind kind, ConfPtr conf) {
  char reason[512] = {};
  const auto type = kind == ClientKind::consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  ClientPtr client{rd_kafka_new(type, conf.get(), reason, sizeof(reason))};
  if (!client) return invalid_error(fmt::format("cannot create a Kafka client: {}", reason));
  (void)conf.release();  // rd_kafka_new owns it now
  return client;
}

std::string cluster_id(rd_kafka_t& client, int timeout_ms) {
  const std::unique_ptr<char, void (*)(char*)> id{rd_kafka_clusterid(&client, timeout_ms),
                                                  [](char* text) { rd_kafka_mem_free(nullptr, text); }};
  return id ? id.get() : "";
}

Error error_of(int code, const std::string& context) {
  const auto error = static_cast<rd_kafka_resp_err_t>(code);
  std::string message = fmt::format("{}: {}", context, rd_kafka_err2str(error));
  switch (error) {
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return fatal_error(std::move(message));
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return invalid_error(std::move(message));
    default:
      return transient_error(std::move(message));
  }
}

}  // namespace godwit::kafka
