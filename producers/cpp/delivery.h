// Delivery: the outbox in memory, for programs that need no spool. Each lifecycle record is kept until the
// log has acknowledged it and published again when that fails, so a broker that is away costs time, not
// events. What goes wrong is said on the program's log, once per outage and not once per record. Records
// leave in the order given; one that failed after newer ones had left comes later than they, which the fold
// of events allows for.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "producers/cpp/outage.h"
#include "producers/cpp/outbox.h"

namespace godwit::producer {

struct DeliveryOptions {
  std::size_t kept_max = 1000;       // records not yet acknowledged; one more is refused
  Millis retry_interval{500};        // between two tries of the same record
  Millis complain_after{5'000};      // an acknowledgement this late is worth a warning
  Millis complain_interval{10'000};  // between two warnings about the same outage
};

// Owned and called by one thread. The publisher is shared and must outlive the Delivery; its acknowledgements
// may arrive on any thread, also after the Delivery is gone.
class Delivery final : public Outbox {
 public:
  explicit Delivery(stream::Publisher& publisher, DeliveryOptions options = {});
  ~Delivery() override;
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Takes the record and tries to publish it. `transient` when kept_max records wait already: the record is
  // then dropped, which is logged as an error.
  Status send(const std::string& name, stream::OutRecord record) override;
  bool send_tick(stream::OutRecord record) override;
  Status flush(Millis timeout) override;

  // Publishes again what failed and complains about what is late. Never waits.
  void pump();

  std::size_t unacknowledged() const;

 private:
  struct State;
  void complain();

  stream::Publisher& publisher_;
  DeliveryOptions options_;
  Outage outage_;
  std::shared_ptr<State> state_;
};

}  // namespace godwit::producer
