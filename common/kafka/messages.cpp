#include "common/kafka/messages.h"

#include <librdkafka/rdkafka.h>

namespace godwit::kafka {
namespace {

void read_headers(const rd_kafka_message_t& message, std::vector<stream::HeaderView>& out) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    out.push_back({name, value != nullptr
                             ? std::optional{std::string_view{static_cast<const char*>(value), size}}
                             : std::nullopt});
}

}  // namespace

stream::Record record_of(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type{};
  stream::Record out{.topic = rd_kafka_topic_name(message.rkt),
                     .partition = stream::Partition{message.partition},
                     .offset = stream::Offset{message.offset},
                     .timestamp = from_unix_ms(rd_kafka_message_timestamp(&message, &type)),
                     .key = {},
                     .value = {},
                     .headers = {}};
  if (message.key != nullptr)
    out.key = std::string_view{static_cast<const char*>(message.key), message.key_len};
  if (message.payload != nullptr)
    out.value = std::string_view{static_cast<const char*>(message.payload), message.len};
  read_headers(message, out.headers);
  return out;
}

stream::TopicPartition place_of(const rd_kafka_message_t& message) {
  return {message.rkt != nullptr ? rd_kafka_topic_name(message.rkt) : "",
          stream::Partition{message.partition}};
}

}  // namespace godwit::kafka
