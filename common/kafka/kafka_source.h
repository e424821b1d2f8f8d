// KafkaSource: the Source over a Kafka consumer group. Subscribes with the range assignor; positions come
// from the listener's store, never from the group's committed offsets, which are written for lag tools only.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/kafka/client.h"
#include "common/stream/source.h"

namespace godwit::kafka {

struct ConsumerOptions {
  std::string group;
  std::vector<std::string> topics;
  // Names this member for good (static membership): when it comes back after a crash it takes its partitions
  // over at once, instead of waiting for the dead one's session to end. Two live members of one name put each
  // other out.
  std::string instance_id;
  Millis session_timeout{10'000};
  std::set<std::string>
      expiring_topics;  // a position lost there moves to the oldest record instead of stopping
  // Topics folded together must have the same partition count, or a key lies on different partitions of them.
  // When they do not, nothing is read and poll() says so.
  bool same_partition_count = true;
  Millis metadata_timeout{5'000};
  Millis cluster_id_timeout{10'000};
  Millis seek_timeout{5'000};
  Millis probe_interval{1'000};
  Millis probe_timeout{300};
};

class KafkaSource final : public stream::Source {
 public:
  // The listener must outlive the source. Invalid for a wrong property; a broker that is away is no error
  // here.
  static Result<std::unique_ptr<KafkaSource>> create(const ClientOptions& client, ConsumerOptions options,
                                                     stream::AssignmentListener& listener);
  ~KafkaSource() override;

  Result<stream::Batch> poll(const stream::PollLimits& limits) override;
  void report(const std::vector<stream::Position>& positions) override;
  std::vector<stream::Watermark> watermarks() const override;
  void pause(const std::vector<stream::TopicPartition>& partitions) override;
  Status resume(const std::vector<stream::Position>& positions) override;
  std::string cluster_id() override;
  std::map<std::string, std::int32_t> partition_counts() const override { return counts_; }
  void close() override;

 private:
  KafkaSource(ConsumerOptions options, stream::AssignmentListener& listener)
      : options_(std::move(options)), listener_(listener) {}

  static void on_rebalance(rd_kafka_s* client, int error, rd_kafka_topic_partition_list_s* partitions,
                           void* self);
  static void on_error(rd_kafka_s* client, int error, const char* reason, void* self);
  void assign(const rd_kafka_topic_partition_list_s& partitions);
  void read_partition_counts();
  std::optional<std::string> unequal_counts() const;
  void revoke(const rd_kafka_topic_partition_list_s& partitions);
  // Errors that arrive in place of a record. nullopt when there is nothing for the caller to do.
  std::optional<Error> handle(const rd_kafka_message_s& message);
  void skip_expired();
  // After a connection error, or while a topic is missing, asks the cluster now and then: librdkafka reports
  // losses, not recoveries.
  void probe();
  std::optional<Error> handle_lost_position(const stream::TopicPartition& at);

  ConsumerOptions options_;
  stream::AssignmentListener& listener_;
  ClientPtr client_;
  std::map<stream::TopicPartition, bool> at_end_;  // every assigned partition; true once its end was reached
  std::map<stream::TopicPartition, std::string>
      lost_;  // positions that fell off the log: these partitions have stopped
  std::set<stream::TopicPartition> expired_;  // the same in expiring topics: to be moved to the oldest record
  std::optional<std::string> suspicion_;      // the last connection error, until a broker answers again
  std::optional<std::string> down_;           // why no broker can be reached
  std::chrono::steady_clock::time_point next_probe_;
  std::set<std::string> missing_;               // topics that do not exist yet
  std::map<std::string, std::int32_t> counts_;  // partitions of each topic, as of the last assignment
  std::optional<std::string> unequal_;          // why nothing is read although the group gave us partitions
  bool closed_ = false;
};

}  // namespace godwit::kafka
