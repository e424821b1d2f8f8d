// KafkaPublisher: the Publisher over an idempotent Kafka producer that partitions by murmur2, as Java does,
// so that all records of a key share a partition whoever wrote them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/kafka/client.h"
#include "common/stream/publisher.h"

namespace godwit::kafka {

struct PublisherOptions {
  Millis message_timeout{300'000};  // how long a record is retried before its acknowledgement says it failed;
                                    // 0: for ever
  int queue_records_max = 100'000;
  int queue_kibibytes_max = 65'536;
  int linger_ms = 5;
  // A record that fails takes all that follow it down with it, instead of leaving a gap. With a
  // message_timeout of 0, whoever sends failed records again in their order keeps the order of each key.
  bool gapless = false;
  Millis close_timeout{10'000};  // for what is queued when the publisher is destroyed
  // Their partitions are asked for at once. Those of a topic that comes later librdkafka asks for with up to
  // a second's delay.
  std::vector<std::string> topics = {};
};

// For senders that keep what fails and send it again in its order: waits for the broker for ever, leaves no
// gaps, and when closed does not wait.
PublisherOptions for_spool(std::vector<std::string> topics = {});

// Safe from every thread. Acknowledgements come on a thread of its own. A producer that librdkafka declares
// broken for good (a sequence out of order, an epoch fenced) is replaced by a new one: what it had not
// delivered is reported as failed, `transient`, and may be published again at once.
class KafkaPublisher final : public stream::Publisher {
 public:
  static Result<std::unique_ptr<KafkaPublisher>> create(const ClientOptions& client,
                                                        const PublisherOptions& options = {});
  ~KafkaPublisher() override;

  Status publish(stream::OutRecord record, stream::Acknowledge acknowledge) override;
  // A session is the life of one producer.
  std::uint64_t session() const override;
  Status publish_in(std::uint64_t session, stream::OutRecord record,
                    stream::Acknowledge acknowledge) override;
  Status flush(Millis timeout) override;
  // Whether a broker answered lately: for readiness.
  Status reachable(Millis timeout) const;

  // For tests: as if the broker had answered so that the producer cannot go on.
  void break_producer(const std::string& reason);

 private:
  using Shared = std::shared_ptr<rd_kafka_s>;
  KafkaPublisher(ClientOptions client, const PublisherOptions& options, ClientPtr producer);
  Shared producer() const;
  Status produce(std::optional<std::uint64_t> session, const stream::OutRecord& record,
                 stream::Acknowledge acknowledge);
  void poll(const std::stop_token& stop);
  void replace(const Shared& broken, const std::string& reason);

  const ClientOptions client_;
  const PublisherOptions options_;
  mutable std::shared_mutex mutex_;  // of what follows; shared while a record is handed to the producer
  Shared producer_;
  std::uint64_t session_ = 1;
  bool replacing_ = false;  // the producer is broken and takes nothing more
  std::jthread poller_;
};

}  // namespace godwit::kafka
