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

std::vector<stream::TopicPartition> places_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<stream::TopicPartition> out;
  out.reserve(static_cast<std::size_t>(list.cnt));
  for (int i = 0; i < list.cnt; ++i)
    out.push_back({list.elems[i].topic, stream::Partition{list.elems[i].partition}});
  return out;
}

PartitionsPtr to_list(const std::vector<stream::TopicPartition>& places) {
  PartitionsPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(places.size()))};
  for (const stream::TopicPartition& at : places)
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition.value());
  return list;
}

PartitionsPtr to_list(const std::vector<stream::Position>& positions) {
  PartitionsPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(positions.size()))};
  for (const stream::Position& position : positions)
    rd_kafka_topic_partition_list_add(list.get(), position.at.topic.c_str(), position.at.partition.value())
        ->offset = position.next.value();
  return list;
}

}  // namespace godwit::kafka
