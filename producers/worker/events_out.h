// The way of the events from this process: publisher and spool, opened once.
#pragma once

#include <memory>

#include "common/base/clock.h"
#include "common/kafka/kafka_publisher.h"
#include "producers/cpp/spool/spool.h"
#include "producers/worker/flags.h"

namespace godwit::worker {

struct EventsOut {
  std::unique_ptr<kafka::KafkaPublisher> publisher;
  std::unique_ptr<producer::Spool> spool;

  // `invalid`, with the flag's name, when they cannot be had.
  static Result<EventsOut> open(const EventFlags& flags, const Clock& clock);
};

}  // namespace godwit::worker
