// Between librdkafka's messages and partition lists and our records and places. Private to common/kafka.
#pragma once

#include <vector>

#include "common/kafka/client.h"
#include "common/stream/record.h"

namespace godwit::kafka {

// A view into the message, which must outlive it.
stream::Record record_of(const rd_kafka_message_s& message);
stream::TopicPartition place_of(const rd_kafka_message_s& message);

std::vector<stream::TopicPartition> places_of(const rd_kafka_topic_partition_list_s& list);
PartitionsPtr to_list(const std::vector<stream::TopicPartition>& places);
PartitionsPtr to_list(const std::vector<stream::Position>& positions);

}  // namespace godwit::kafka
