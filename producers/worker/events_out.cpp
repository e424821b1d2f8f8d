#include "producers/worker/events_out.h"

#include "producers/cpp/spool/home.h"
#include "producers/cpp/stamp.h"

namespace godwit::worker {

Result<EventsOut> EventsOut::open(const EventFlags& flags, const Clock& clock) {
  EventsOut out;
  auto publisher =
      kafka::KafkaPublisher::create(flags.kafka.client, kafka::for_spool(producer::migration_topics()));
  if (!publisher) return publisher.error();
  out.publisher = std::move(*publisher);
  producer::SpoolOptions options;
  options.directory =
      flags.spool.empty() ? producer::default_spool_directory(flags.kafka.client.brokers) : flags.spool;
  auto spool = producer::Spool::open(*out.publisher, clock, options);
  if (!spool) return invalid_error("--spool: " + spool.error().message);
  out.spool = std::move(*spool);
  return out;
}

}  // namespace godwit::worker
