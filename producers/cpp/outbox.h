// Outbox: where a migration's records go on their way to the log. Two kinds: Delivery keeps them in memory,
// Spool on disk.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/stream/publisher.h"

namespace godwit::producer {

class Outbox {
 public:
  virtual ~Outbox() = default;

  // Takes a lifecycle record: it will be published, again and again until it is acknowledged, in the order
  // given per key. Never waits for the broker. An error means it was not taken. `name` says what it is, for
  // people.
  virtual Status send(const std::string& name, stream::OutRecord record) = 0;

  // Takes a record that may be lost. False when it is lost already.
  virtual bool send_tick(stream::OutRecord record) = 0;

  // Waits until all that send() took is acknowledged, or until `timeout` has passed: then `transient`, with
  // how many are left and why. They stay owed.
  virtual Status flush(Millis timeout) = 0;
};

}  // namespace godwit::producer
