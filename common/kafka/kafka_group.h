// KafkaGroup: this process as one member of a consumer group, and the lanes its partitions are spread over.
// Subscribes with the range assignor; positions come from the listeners' stores, never from the group's
// committed offsets, which are written for lag tools only.
//
// One thread calls run(): it hears of assignments and errors and moves partitions to and from the lanes, and
// never sees a record. Each lane is a Source for a thread of its own. A partition goes back to the group only
// when its lane has committed all it has read of it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/kafka/client.h"
#include "common/kafka/consumer_options.h"
#include "common/kafka/group_state.h"
#include "common/kafka/lane_source.h"

namespace godwit::kafka {

class KafkaGroup {
 public:
  // One lane per listener; the listeners must outlive the group. Invalid for a wrong property; a broker that
  // is away is no error here.
  static Result<std::unique_ptr<KafkaGroup>> create(
      const ClientOptions& client, ConsumerOptions options,
      const std::vector<stream::AssignmentListener*>& listeners);
  ~KafkaGroup();
  KafkaGroup(const KafkaGroup&) = delete;
  KafkaGroup& operator=(const KafkaGroup&) = delete;

  // Lives as long as the group. Its thread must be polling while run() runs, and end after it.
  stream::Source& lane(std::size_t index) { return *lanes_.at(index); }
  // Until asked to stop, which is true; then gives the partitions up, which takes the lanes' polling, and
  // leaves. False when the client has failed for good before that: it would never join again, and another
  // group must be made. (An offset commit that is under way while the coordinator moves can reach the new one
  // under a name the member had before; the broker calls that a fenced instance, and librdkafka fatal.)
  bool run(const std::stop_token& stop);

 private:
  explicit KafkaGroup(ConsumerOptions options) : options_(std::move(options)) {}

  static void on_rebalance(rd_kafka_s* client, int error, rd_kafka_topic_partition_list_s* partitions,
                           void* self);
  static void on_error(rd_kafka_s* client, int error, const char* reason, void* self);
  Status subscribe();
  void turn();
  bool has_failed() const;
  void assign(const rd_kafka_topic_partition_list_s& partitions);
  void revoke();
  // True once every lane has carried out its orders.
  bool wait_for_lanes(std::chrono::steady_clock::time_point deadline);
  void read_partition_counts();
  void handle(const rd_kafka_message_s& message);
  // After a connection error, or while a topic is missing, asks the cluster now and then: librdkafka reports
  // losses, not recoveries.
  void probe();
  void close();

  ConsumerOptions options_;
  GroupState state_;
  ClientPtr client_;
  std::vector<std::unique_ptr<LaneSource>> lanes_;  // they hold queues of the client
  // The rest belongs to the membership thread.
  std::vector<std::vector<stream::TopicPartition>> shares_;        // of each lane
  std::vector<std::vector<stream::TopicPartition>> held_by_late_;  // what each may not have given up yet
  bool late_ = false;                     // a lane took its share too late for the assignment
  std::optional<std::string> suspicion_;  // the last connection error, until a broker answers again
  std::chrono::steady_clock::time_point next_probe_;
  bool closed_ = false;
};

}  // namespace godwit::kafka
