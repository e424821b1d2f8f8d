// KafkaPublisher: the Publisher over an idempotent Kafka producer that partitions by murmur2, as Java does,
// so that all records of a key share a partition whoever wrote them.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "common/kafka/client.h"
#include "common/stream/publisher.h"

namespace godwit::kafka {

struct PublisherOptions {
  Millis message_timeout{300'000};  // how long a record is retried before its acknowledgement says it failed
  int queue_records_max = 100'000;
  int queue_kibibytes_max = 65'536;
  int linger_ms = 5;
};

// Safe from every thread. Acknowledgements come on a thread of its own. Destruction waits `close_timeout` for
// what is queued.
class KafkaPublisher final : public stream::Publisher {
 public:
  static constexpr Millis close_timeout{10'000};

  static Result<std::unique_ptr<KafkaPublisher>> create(const ClientOptions& client,
                                                        const PublisherOptions& options = {});
  ~KafkaPublisher() override;

  Status publish(stream::OutRecord record, stream::Acknowledge acknowledge) override;
  Status flush(Millis timeout) override;
  // Whether a broker answered lately: for readiness.
  Status reachable(Millis timeout) const;

 private:
  explicit KafkaPublisher(ClientPtr client);
  ClientPtr client_;
  std::jthread poller_;
};

}  // namespace godwit::kafka
