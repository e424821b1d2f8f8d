// Publisher: the port through which records are written to the log.
#pragma once

#include <functional>

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
  // Waits until everything published so far is acknowledged or `timeout` has passed; transient if some is
  // left.
  virtual Status flush(Millis timeout) = 0;
};

// publish() and wait for the acknowledgement, at most `timeout`.
Result<Placed> publish_and_wait(Publisher& publisher, OutRecord record, Millis timeout);

}  // namespace godwit::stream
