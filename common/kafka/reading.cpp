#include "common/kafka/reading.h"

#include <fmt/format.h>

namespace godwit::kafka {

Result<MetadataPtr> metadata_of(rd_kafka_t& client, Millis timeout) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(&client, 1, nullptr, &raw, static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "Kafka cannot be reached");
  return MetadataPtr{raw, rd_kafka_metadata_destroy};
}

std::map<std::string, std::int32_t> partition_counts_of(const rd_kafka_metadata_t& metadata) {
  std::map<std::string, std::int32_t> out;
  for (int i = 0; i < metadata.topic_cnt; ++i)
    out[metadata.topics[i].topic] = metadata.topics[i].partition_cnt;
  return out;
}

Status seek_and_resume(rd_kafka_t& client, const std::vector<stream::Position>& positions, Millis timeout) {
  const PartitionsPtr list = to_list(positions);
  // The seek waits in microseconds where it should in milliseconds (librdkafka before 2.1.0), hence the
  // factor.
  const auto timeout_ms = static_cast<int>(timeout.count()) * 1000;
  if (rd_kafka_error_t* raw = rd_kafka_seek_partitions(&client, list.get(), timeout_ms)) {
    const std::unique_ptr<rd_kafka_error_t, void (*)(rd_kafka_error_t*)> error{raw, rd_kafka_error_destroy};
    return transient_error(fmt::format("cannot seek: {}", rd_kafka_error_string(error.get())));
  }
  rd_kafka_resume_partitions(&client, list.get());
  return Done{};
}

std::optional<stream::Offset> known_end(rd_kafka_t& client, const stream::TopicPartition& at) {
  std::int64_t low = RD_KAFKA_OFFSET_INVALID;
  std::int64_t high = RD_KAFKA_OFFSET_INVALID;
  rd_kafka_get_watermark_offsets(&client, at.topic.c_str(), at.partition.value(), &low, &high);
  return high >= 0 ? std::optional{stream::Offset{high}} : std::nullopt;
}

}  // namespace godwit::kafka
