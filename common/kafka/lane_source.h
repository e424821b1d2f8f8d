// LaneSource: one lane's share of what the group gave this process, as a Source. The lane polls a queue of
// its own; the membership thread hands it partitions and asks for them back by orders.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/kafka/client.h"
#include "common/kafka/consumer_options.h"
#include "common/kafka/group_state.h"
#include "common/kafka/lane_orders.h"
#include "common/stream/source.h"

namespace godwit::kafka {

// As a Source it belongs to the lane's thread. The listener is called there, inside poll().
class LaneSource final : public stream::Source {
 public:
  // Everything referred to must outlive it; so must the client, whose queue it holds.
  LaneSource(rd_kafka_s& client, const ConsumerOptions& options, GroupState& group,
             stream::AssignmentListener& listener);

  // For the membership thread. From take() on the records of these partitions go to this lane's queue; so it
  // comes before they are fetched. (librdkafka forgets the forwarding whenever a partition's fetcher stops.)
  void take(const std::vector<stream::TopicPartition>& partitions);
  void give_up(const std::vector<stream::TopicPartition>& partitions);
  LaneOrders& orders() { return orders_; }
  void tell_expired(const stream::TopicPartition& at, std::uint64_t records) {
    listener_.expired(at, records);
  }

  Result<stream::Batch> poll(const stream::PollLimits& limits) override;
  void report(const std::vector<stream::Position>& positions) override;
  std::vector<stream::Watermark> watermarks() const override;
  void pause(const std::vector<stream::TopicPartition>& partitions) override;
  Status resume(const std::vector<stream::Position>& positions) override;
  std::string cluster_id() override { return group_.cluster_id(); }
  std::map<std::string, std::int32_t> partition_counts() const override { return group_.partition_counts(); }
  void close() override;

 private:
  void obey();
  std::vector<stream::Position> carry_out(const LaneOrder& order);
  void forget();
  Result<stream::Batch> read(const stream::PollLimits& limits);
  // Errors that arrive in place of a record. nullopt when there is nothing for the caller to do.
  std::optional<Error> handle(const rd_kafka_message_s& message);
  std::optional<Error> handle_lost_position(const stream::TopicPartition& at);

  rd_kafka_s& client_;
  const ConsumerOptions& options_;
  GroupState& group_;
  stream::AssignmentListener& listener_;
  QueuePtr queue_;
  LaneOrders orders_;
  // The rest belongs to the lane's thread.
  std::map<stream::TopicPartition, bool> at_end_;  // every partition read; true once its end was reached
  std::map<stream::TopicPartition, std::string>
      lost_;  // positions that fell off the log: these partitions have stopped
  std::set<stream::TopicPartition> paused_;
  std::vector<stream::TopicPartition> held_;  // taken and not given up, read or not
};

}  // namespace godwit::kafka
