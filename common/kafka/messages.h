// From librdkafka's messages to records. Private to common/kafka.
#pragma once

#include "common/kafka/client.h"
#include "common/stream/record.h"

namespace godwit::kafka {

// A view into the message, which must outlive it.
stream::Record record_of(const rd_kafka_message_s& message);
stream::TopicPartition place_of(const rd_kafka_message_s& message);

}  // namespace godwit::kafka
