// Delivery: lifecycle records on their way to the log. Each is kept until the log has acknowledged it and
// published again when that fails, so a broker that is away costs time, not events. What goes wrong is said
// on the program's log, once per outage and not once per record. Records leave in the order given; one that
// failed after newer ones had left comes later than they, which the fold of events allows for.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/stream/publisher.h"

namespace godwit::producer {

struct DeliveryOptions {
  std::size_t kept_max = 1000;       // records not yet acknowledged; one more is refused
  Millis retry_interval{500};        // between two tries of the same record
  Millis complain_after{5'000};      // an acknowledgement this late is worth a warning
  Millis complain_interval{10'000};  // between two warnings about the same outage
};

// Owned and called by one thread. The publisher is shared and must outlive the Delivery; its acknowledgements
// may arrive on any thread, also after the Delivery is gone.
class Delivery {
 public:
  explicit Delivery(stream::Publisher& publisher, DeliveryOptions options = {});
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Takes the record and tries to publish it. `name` says what it is, for people. `transient` when kept_max
  // records wait already: the record is then dropped, which is logged as an error.
  Status send(std::string name, stream::OutRecord record);

  // Publishes again what failed and complains about what is late. Never waits.
  void pump();

  // Waits until all that was sent is acknowledged, trying again meanwhile, or until `timeout` has passed:
  // then `transient`, with how many records are left and why. They stay kept and may be flushed again.
  Status flush(Millis timeout);

  std::size_t unacknowledged() const;

 private:
  struct State;
  void complain();

  stream::Publisher& publisher_;
  DeliveryOptions options_;
  std::shared_ptr<State> state_;
};

}  // namespace godwit::producer
