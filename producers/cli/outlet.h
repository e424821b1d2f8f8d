// Outlet: the way out of `emit --follow` and `run`: a Kafka publisher behind a spool on disk.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "common/base/descriptor.h"
#include "common/kafka/kafka_publisher.h"
#include "producers/cpp/spool/spool.h"

namespace godwit::cli {

struct OutletOptions {
  std::string spool = {};  // directory; empty: the library's default for these brokers
  producer::Sync sync = producer::Sync::each_record;
  std::size_t owed_max = 500'000;  // events in the spool; one more has to wait
};

// The stop signals, as a descriptor that is readable when one has come. Block them first.
class StopSignal {
 public:
  StopSignal();

  int fd() const { return signals_.get(); }
  // Waits for one at most this long, and leaves it there.
  bool came_within(Millis timeout) const;
  // Takes one that has come, so that the next can be told from it.
  void take() const;

 private:
  Descriptor signals_;
};

// Owned and called by one thread; the clock outlives it.
class Outlet {
 public:
  static Result<Outlet> open(const kafka::ClientOptions& client, const Clock& clock,
                             const OutletOptions& options);

  producer::Spool& spool() { return *spool_; }
  // Whether the spool has room for one event more.
  bool has_room() const;
  // Waits until nothing is owed, at most `timeout` and until a stop signal comes; says on standard error what
  // is owed then, and gives its number.
  std::size_t settle(Millis timeout, const StopSignal& stop);

 private:
  Outlet(std::unique_ptr<kafka::KafkaPublisher> publisher, std::unique_ptr<producer::Spool> spool,
         producer::SpoolOptions options);

  std::unique_ptr<kafka::KafkaPublisher> publisher_;
  std::unique_ptr<producer::Spool> spool_;  // gone before the publisher
  producer::SpoolOptions options_;
};

}  // namespace godwit::cli
