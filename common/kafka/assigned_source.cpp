#include "common/kafka/assigned_source.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/kafka/read_on.h"
#include "common/kafka/reading.h"

namespace godwit::kafka {
namespace {

const std::vector<std::pair<std::string, std::string>> source_defaults{
    {"group.id", "godwit-rebuild"},  // librdkafka wants a name; nothing is ever joined or committed
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},
    {"enable.partition.eof", "true"},
    {"isolation.level", "read_committed"},
    {"allow.auto.create.topics", "false"},
    {"fetch.wait.max.ms", "50"},
    {"queued.min.messages", "50000"},
    {"queued.max.messages.kbytes", "16384"},
};

using ErrorPtr = std::unique_ptr<rd_kafka_error_t, void (*)(rd_kafka_error_t*)>;
ErrorPtr own(rd_kafka_error_t* raw) { return {raw, rd_kafka_error_destroy}; }

}  // namespace

Result<std::unique_ptr<AssignedSource>> AssignedSource::create(const ClientOptions& options,
                                                               AssignedOptions assigned,
                                                               stream::AssignmentListener& listener) {
  auto conf = make_conf(options, source_defaults);
  if (!conf) return conf.error();
  auto client = make_client(ClientKind::consumer, std::move(*conf));
  if (!client) return client.error();
  rd_kafka_poll_set_consumer(client->get());
  return std::unique_ptr<AssignedSource>{
      new AssignedSource(std::move(assigned), listener, std::move(*client))};  // NOLINT: private constructor
}

void AssignedSource::assign(const std::vector<stream::TopicPartition>& partitions) {
  coming_.insert(coming_.end(), partitions.begin(), partitions.end());
}

void AssignedSource::take_new() {
  if (coming_.empty()) return;
  std::set<std::string> topics;
  for (const stream::TopicPartition& at : coming_)
    if (!counts_.contains(at.topic)) topics.insert(at.topic);
  count_partitions(topics);
  const auto asked = listener_.assigned(std::exchange(coming_, {}));
  const auto [positions, expired] =
      read_on(asked, oldest_offsets(*client_, asked, options_.metadata_timeout), options_.expiring_topics);
  for (const auto& [at, records] : expired) listener_.expired(at, records);
  if (const auto error = own(rd_kafka_incremental_assign(client_.get(), to_list(positions).get())))
    log_error("cannot read beside the group: {}", rd_kafka_error_string(error.get()));
  for (const stream::Position& position : positions) ends_[position.at] = {};
}

void AssignedSource::count_partitions(const std::set<std::string>& topics) {
  if (topics.empty()) return;
  const auto metadata = metadata_of(*client_, options_.metadata_timeout);
  if (!metadata) return;  // the next assignment looks again
  for (const auto& [topic, count] : partition_counts_of(**metadata))
    if (topics.contains(topic)) counts_[topic] = count;
}

void AssignedSource::revoke(const std::vector<stream::TopicPartition>& partitions) {
  std::vector<stream::TopicPartition> ours;
  for (const stream::TopicPartition& at : partitions) {
    std::erase(coming_, at);
    expired_.erase(at);
    lost_.erase(at);
    if (ends_.erase(at) > 0) ours.push_back(at);
  }
  listener_.revoked(partitions);
  if (const auto error = own(rd_kafka_incremental_unassign(client_.get(), to_list(ours).get())))
    log_error("cannot stop reading beside the group: {}", rd_kafka_error_string(error.get()));
}

std::optional<Error> AssignedSource::handle(const rd_kafka_message_t& message) {
  const stream::TopicPartition at = place_of(message);
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (const auto found = ends_.find(at); found != ends_.end())
      found->second = {true, stream::Offset{message.offset}};
    return std::nullopt;
  }
  if (message.err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) return error_of(message.err, "reading from Kafka");
  if (options_.expiring_topics.contains(at.topic)) {
    expired_.insert(at);
    return std::nullopt;
  }
  lost_[at] = fmt::format("the position of {}/{} is not in the log any more", at.topic, at.partition.value());
  return fatal_error(lost_[at]);
}

Result<stream::Batch> AssignedSource::poll(const stream::PollLimits& limits) {
  // Where records expired while they waited to be read librdkafka obeys no seek any more.
  for (const stream::TopicPartition& at : std::exchange(expired_, {})) {
    revoke({at});
    assign({at});
  }
  take_new();
  auto batch = read_batch(
      limits,
      [this](int timeout_ms) { return MessagePtr{rd_kafka_consumer_poll(client_.get(), timeout_ms)}; },
      [this](const rd_kafka_message_t& message) { return handle(message); },
      [this](const rd_kafka_message_t& message) {
        const auto end = ends_.find(place_of(message));
        if (end == ends_.end()) return false;  // given up meanwhile
        end->second.reached = false;
        return true;
      });
  if (!lost_.empty() && batch && batch->empty()) return fatal_error(lost_.begin()->second);
  return batch;
}

std::vector<stream::Watermark> AssignedSource::watermarks() const {
  std::vector<stream::Watermark> out;
  for (const auto& [at, end] : ends_) {
    const auto high = end.reached ? std::optional{end.at} : known_end(*client_, at);
    if (high) out.push_back({at, *high, end.reached});
  }
  return out;
}

void AssignedSource::pause(const std::vector<stream::TopicPartition>& partitions) {
  rd_kafka_pause_partitions(client_.get(), to_list(partitions).get());
}

Status AssignedSource::resume(const std::vector<stream::Position>& positions) {
  if (auto sought = seek_and_resume(*client_, positions, options_.seek_timeout); !sought) return sought;
  for (const stream::Position& position : positions) ends_[position.at] = {};
  return Done{};
}

std::string AssignedSource::cluster_id() {
  return kafka::cluster_id(*client_, static_cast<int>(options_.cluster_id_timeout.count()));
}

void AssignedSource::close() {
  std::vector<stream::TopicPartition> all;
  for (const auto& [at, end] : ends_) all.push_back(at);
  revoke(all);
  rd_kafka_consumer_close(client_.get());
}

}  // namespace godwit::kafka
