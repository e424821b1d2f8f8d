// AssignedSource: the Source over partitions its user names, by plain assign without a group: for reading
// beside the group, as a rebuild does. Nothing is joined and nothing committed.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/kafka/client.h"
#include "common/stream/source.h"

namespace godwit::kafka {

struct AssignedOptions {
  std::set<std::string>
      expiring_topics;  // a position lost there moves to the oldest record instead of stopping
  Millis metadata_timeout{5'000};
  Millis cluster_id_timeout{10'000};
  Millis seek_timeout{5'000};
};

class AssignedSource final : public stream::ManualSource {
 public:
  // The listener must outlive the source. Invalid for a wrong property; a broker that is away is no error
  // here.
  static Result<std::unique_ptr<AssignedSource>> create(const ClientOptions& client, AssignedOptions options,
                                                        stream::AssignmentListener& listener);

  void assign(const std::vector<stream::TopicPartition>& partitions) override;
  void revoke(const std::vector<stream::TopicPartition>& partitions) override;
  Result<stream::Batch> poll(const stream::PollLimits& limits) override;
  void report(const std::vector<stream::Position>&) override {}
  std::vector<stream::Watermark> watermarks() const override;
  void pause(const std::vector<stream::TopicPartition>& partitions) override;
  Status resume(const std::vector<stream::Position>& positions) override;
  std::string cluster_id() override;
  std::map<std::string, std::int32_t> partition_counts() const override { return counts_; }
  void close() override;

 private:
  // Where the end of a partition was, when everything before it had been handed out.
  struct End {
    bool reached = false;
    stream::Offset at;
  };

  AssignedSource(AssignedOptions options, stream::AssignmentListener& listener, ClientPtr client)
      : options_(std::move(options)), listener_(listener), client_(std::move(client)) {}
  void take_new();
  void count_partitions(const std::set<std::string>& topics);
  std::optional<Error> handle(const rd_kafka_message_s& message);

  AssignedOptions options_;
  stream::AssignmentListener& listener_;
  ClientPtr client_;
  std::vector<stream::TopicPartition> coming_;
  std::map<stream::TopicPartition, End> ends_;  // of every assigned partition
  std::set<stream::TopicPartition> expired_;    // to be assigned anew
  std::map<stream::TopicPartition, std::string> lost_;
  std::map<std::string, std::int32_t> counts_;
};

}  // namespace godwit::kafka
