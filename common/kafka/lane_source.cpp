#include "common/kafka/lane_source.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <utility>

#include "common/base/log.h"
#include "common/kafka/reading.h"

namespace godwit::kafka {

LaneSource::LaneSource(rd_kafka_t& client, const ConsumerOptions& options, GroupState& group,
                       stream::AssignmentListener& listener)
    : client_(client),
      options_(options),
      group_(group),
      listener_(listener),
      queue_(rd_kafka_queue_new(&client)) {}

void LaneSource::take(const std::vector<stream::TopicPartition>& partitions) {
  for (const stream::TopicPartition& at : partitions) {
    const QueuePtr fetched{rd_kafka_queue_get_partition(&client_, at.topic.c_str(), at.partition.value())};
    rd_kafka_queue_forward(fetched.get(), queue_.get());
  }
  orders_.give({LaneOrder::Kind::take, partitions});
  rd_kafka_queue_yield(queue_.get());
}

void LaneSource::give_up(const std::vector<stream::TopicPartition>& partitions) {
  orders_.give({LaneOrder::Kind::give_up, partitions});
  rd_kafka_queue_yield(queue_.get());
}

void LaneSource::obey() {
  while (const auto order = orders_.next()) orders_.carried_out(carry_out(*order));
}

std::vector<stream::Position> LaneSource::carry_out(const LaneOrder& order) {
  if (order.kind == LaneOrder::Kind::give_up) {
    listener_.revoked(order.partitions);
    forget();
    return {};
  }
  auto positions = listener_.assigned(order.partitions);
  held_ = order.partitions;
  for (const stream::Position& position : positions) at_end_[position.at] = false;
  return positions;
}

// What the queue still holds of these partitions is not handed out any more: poll() knows its partitions.
void LaneSource::forget() {
  // librdkafka keeps a pause over a rebalance, and the next owner in this process knows nothing of it.
  const std::vector<stream::TopicPartition> paused{paused_.begin(), paused_.end()};
  if (!paused.empty()) rd_kafka_resume_partitions(&client_, to_list(paused).get());
  at_end_.clear();
  lost_.clear();
  paused_.clear();
  held_.clear();
}

std::optional<Error> LaneSource::handle_lost_position(const stream::TopicPartition& at) {
  if (!options_.expiring_topics.contains(at.topic)) {
    lost_[at] = fmt::format(
        "the stored position of {}/{} is not in the log any more (deleted, truncated or re-created topic); "
        "move the data directory away to fold what the log still has",
        at.topic, at.partition.value());
    log_error("{}", lost_[at]);
    return fatal_error(lost_[at]);
  }
  // librdkafka has stopped fetching and does not obey a seek any more; an assignment begins with the oldest.
  log_warn("{}/{}: records expired while they waited to be read; joining the group anew to read on", at.topic,
           at.partition.value());
  group_.ask_to_join_anew();
  return std::nullopt;
}

std::optional<Error> LaneSource::handle(const rd_kafka_message_t& message) {
  const stream::TopicPartition at = place_of(message);
  const auto mine = at_end_.find(at);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      if (mine != at_end_.end()) mine->second = true;
      return std::nullopt;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return mine != at_end_.end() ? handle_lost_position(at) : std::nullopt;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      group_.add_missing(at.topic);
      return std::nullopt;
    default:
      return error_of(message.err, "reading from Kafka");
  }
}

Result<stream::Batch> LaneSource::poll(const stream::PollLimits& limits) {
  obey();
  auto batch = read(limits);
  if (!batch || !batch->empty()) return batch;
  if (const auto error = group_.fatal()) return *error;
  if (!lost_.empty()) return fatal_error(lost_.begin()->second);
  if (const auto error = group_.trouble()) return *error;
  return batch;
}

Result<stream::Batch> LaneSource::read(const stream::PollLimits& limits) {
  return read_batch(
      limits, [this](int timeout_ms) { return MessagePtr{rd_kafka_consume_queue(queue_.get(), timeout_ms)}; },
      [this](const rd_kafka_message_t& message) { return handle(message); },
      [this](const rd_kafka_message_t& message) {
        const auto found = at_end_.find(place_of(message));
        if (found == at_end_.end()) return false;  // given up meanwhile
        found->second = false;
        return true;
      });
}

void LaneSource::report(const std::vector<stream::Position>& positions) {
  rd_kafka_commit(&client_, to_list(positions).get(), 1);
}

std::vector<stream::Watermark> LaneSource::watermarks() const {
  std::vector<stream::Watermark> out;
  for (const auto& [at, at_end] : at_end_)
    if (const auto end = known_end(client_, at)) out.push_back({at, *end, at_end});
  return out;
}

void LaneSource::pause(const std::vector<stream::TopicPartition>& partitions) {
  paused_.insert(partitions.begin(), partitions.end());
  rd_kafka_pause_partitions(&client_, to_list(partitions).get());
}

Status LaneSource::resume(const std::vector<stream::Position>& positions) {
  if (auto sought = seek_and_resume(client_, positions, options_.seek_timeout); !sought) return sought;
  for (const stream::Position& position : positions) {
    at_end_[position.at] = false;
    paused_.erase(position.at);
  }
  return Done{};
}

void LaneSource::close() {
  obey();
  orders_.end();
  // Usually the group has taken everything back by now; after a hand-over that took too long it has not.
  if (!held_.empty()) listener_.revoked(std::exchange(held_, {}));
  forget();
}

}  // namespace godwit::kafka
