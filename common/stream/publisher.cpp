#include "common/stream/publisher.h"

#include <future>
#include <memory>

namespace godwit::stream {

Result<Placed> publish_and_wait(Publisher& publisher, OutRecord record, Millis timeout) {
  auto promise = std::make_shared<std::promise<Result<Placed>>>();
  auto placed = promise->get_future();
  auto accepted = publisher.publish(std::move(record),
                                    [promise](const Result<Placed>& result) { promise->set_value(result); });
  if (!accepted) return accepted.error();
  if (placed.wait_for(timeout) != std::future_status::ready)
    return transient_error(fmt::format("no acknowledgement from the broker within {} ms", timeout.count()));
  return placed.get();
}

}  // namespace godwit::stream
