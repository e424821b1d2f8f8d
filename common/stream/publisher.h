// Publisher: the port through which records are written to the log.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "common/base/result.h"
#include "common/stream/record.h"

namespace godwit::stream {

// Where an acknowledged record lies.
struct Placed {
  Partition partition;
  Offset offset;
};

// Called once per record, on a thread of the publisher's own; must not block.
using Acknowledge = std::function<void(const Result<Placed>&)>;

// Safe from every thread. `publish` takes the record into a bounded queue and returns at once; `transient`
// when the queue is full or the broker has been away too long. The acknowledgement says whether the broker
// has stored it on all in-sync replicas.
class Publisher {
 public:
  virtual ~Publisher() = default;
  virtual Status publish(OutRecord record, Acknowledge acknowledge) = 0;

  // For senders that send failed records again and must keep an order. A publisher that drops all it holds
  // and begins anew begins another session; by then every record of the one before has been acknowledged or
  // has failed. publish_in() refuses a record of an earlier session, `transient`: its sender, who took it to
  // follow records that were still to be acknowledged, cannot know yet that they have failed.
  virtual std::uint64_t session() const { return 0; }
  virtual Status publish_in(std::uint64_t, OutRecord record, Acknowledge acknowledge) {
    return publish(std::move(record), std::move(acknowledge));
  }
  // Waits until everything published so far is acknowledged or `timeout` has passed; transient if some is
  // left.
  virtual Status flush(Millis timeout) = 0;
};

// publish() and wait for the acknowledgement, at most `timeout`.
Result<Placed> publish_and_wait(Publisher& publisher, OutRecord record, Millis timeout);

}  // namespace godwit::stream
