#include "common/kafka/log_reader.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "common/kafka/reading.h"

namespace godwit::kafka {
namespace {

const std::vector<std::pair<std::string, std::string>> reader_defaults{
    {"group.id", "godwit-reader"},  // librdkafka wants a name; nothing is ever joined or committed
    {"enable.auto.commit", "false"},   {"enable.partition.eof", "true"},
    {"auto.offset.reset", "earliest"}, {"isolation.level", "read_committed"},
    {"fetch.wait.max.ms", "50"},       {"queued.max.messages.kbytes", "8192"},
};

Result<PartitionsPtr> partitions_of(rd_kafka_t& client, const std::vector<std::string>& topics,
                                    Millis timeout) {
  const auto metadata = metadata_of(client, timeout);
  if (!metadata) return metadata.error();
  const auto counts = partition_counts_of(**metadata);
  PartitionsPtr list{rd_kafka_topic_partition_list_new(16)};
  for (const std::string& topic : topics) {
    const auto found = counts.find(topic);
    if (found == counts.end())
      return invalid_error(fmt::format("topic {} does not exist; run `godwit topics create`", topic));
    rd_kafka_topic_partition_list_add_range(list.get(), topic.c_str(), 0, found->second - 1);
  }
  return list;
}

Status place(rd_kafka_t& client, rd_kafka_topic_partition_list_t& list, const StartAt& start,
             int timeout_ms) {
  const auto set_all = [&](std::int64_t offset) {
    for (int i = 0; i < list.cnt; ++i) list.elems[i].offset = offset;
  };
  if (std::holds_alternative<FromBeginning>(start)) set_all(RD_KAFKA_OFFSET_BEGINNING);
  if (std::holds_alternative<FromEnd>(start)) set_all(RD_KAFKA_OFFSET_END);
  if (const auto* at = std::get_if<FromOffset>(&start))
    set_all(at->offset >= 0 ? at->offset : RD_KAFKA_OFFSET_TAIL(-at->offset));
  if (const auto* at = std::get_if<FromTime>(&start)) {
    set_all(to_unix_ms(at->time));
    const auto code = rd_kafka_offsets_for_times(&client, &list, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "looking up offsets by time");
  }
  return Done{};
}

}  // namespace

Result<std::unique_ptr<LogReader>> LogReader::open(const ClientOptions& options,
                                                   const std::vector<std::string>& topics,
                                                   const StartAt& start, Millis timeout) {
  auto conf = make_conf(options, reader_defaults);
  if (!conf) return conf.error();
  auto client = make_client(ClientKind::consumer, std::move(*conf));
  if (!client) return client.error();
  rd_kafka_poll_set_consumer(client->get());
  const int timeout_ms = static_cast<int>(timeout.count());
  auto list = partitions_of(**client, topics, timeout);
  if (!list) return list.error();
  if (auto placed = place(**client, **list, start, timeout_ms); !placed) return placed.error();
  auto reader = std::unique_ptr<LogReader>{new LogReader(std::move(*client))};  // NOLINT: private constructor
  for (int i = 0; i < (*list)->cnt; ++i)
    reader->at_end_[{(*list)->elems[i].topic, stream::Partition{(*list)->elems[i].partition}}] = false;
  const auto code = rd_kafka_assign(reader->client_.get(), list->get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "cannot read");
  return reader;
}

Result<stream::Batch> LogReader::poll(const stream::PollLimits& limits) {
  return read_batch(
      limits,
      [this](int timeout_ms) { return MessagePtr{rd_kafka_consumer_poll(client_.get(), timeout_ms)}; },
      [this](const rd_kafka_message_t& message) -> std::optional<Error> {
        if (message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
          return error_of(message.err, "reading from Kafka");
        at_end_[place_of(message)] = true;
        return std::nullopt;
      },
      [this](const rd_kafka_message_t& message) {
        at_end_[place_of(message)] = false;
        return true;
      });
}

bool LogReader::at_end() const {
  return std::all_of(at_end_.begin(), at_end_.end(), [](const auto& entry) { return entry.second; });
}

}  // namespace godwit::kafka
