// What every reader of ours does alike with a consumer of librdkafka: ask for metadata, seek, look up the end
// of a partition, and gather a batch of messages. Private to common/kafka.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/client.h"
#include "common/kafka/messages.h"
#include "common/stream/source.h"

namespace godwit::kafka {

using MetadataPtr = std::unique_ptr<const rd_kafka_metadata_t, void (*)(const rd_kafka_metadata_t*)>;

// Of all topics; an error when no broker answers in time.
Result<MetadataPtr> metadata_of(rd_kafka_t& client, Millis timeout);
// By topic, of those that exist.
std::map<std::string, std::int32_t> partition_counts_of(const rd_kafka_metadata_t& metadata);

// Reads on from these positions, also where it was paused. `transient` when the seek did not take.
Status seek_and_resume(rd_kafka_t& client, const std::vector<stream::Position>& positions, Millis timeout);

// The end of a partition as last heard, from memory; nullopt before it was heard of.
std::optional<stream::Offset> known_end(rd_kafka_t& client, const stream::TopicPartition& at);

// Fills a batch, one message at a time: reading several at once may lose some around a seek, a pause or a
// rebalance (librdkafka before 2.1.0).
//   next(timeout_ms) -> MessagePtr; null when there is none in time
//   handle(message) -> std::optional<Error>; of what comes in place of a record
//   begins(message) -> bool; whether the records of its partition that follow are wanted; asked before the
//                      first, and after another partition's or an error
template <class Next, class Handle, class Begins>
Result<stream::Batch> read_batch(const stream::PollLimits& limits, Next next, Handle handle, Begins begins) {
  stream::Batch batch;
  auto owner = std::make_shared<std::vector<MessagePtr>>();
  std::size_t bytes = 0;
  int timeout_ms = static_cast<int>(limits.wait_max.count());
  const rd_kafka_topic_t* topic = nullptr;
  std::int32_t partition = -1;
  bool wanted = false;
  while (batch.records.size() < limits.records_max && bytes < limits.bytes_max) {
    MessagePtr message = next(timeout_ms);
    if (!message) break;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::optional<Error> error = handle(std::as_const(*message));
      // Records already read are handed out; the error shows again or has passed.
      if (error && batch.empty()) return *error;
      topic = nullptr;  // an end that was told is no end any more when a record follows
      continue;
    }
    if (message->rkt != topic || message->partition != partition) {
      topic = message->rkt;
      partition = message->partition;
      wanted = begins(std::as_const(*message));
    }
    if (!wanted) continue;
    timeout_ms = 0;
    bytes += message->len + message->key_len;
    batch.records.push_back(record_of(*message));
    owner->push_back(std::move(message));
  }
  batch.owner = std::move(owner);
  return batch;
}

}  // namespace godwit::kafka
