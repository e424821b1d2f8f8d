// godwit spool drain: what processes that have died left in a spool is sent.
#include <fmt/format.h>

#include "common/service/signals.h"
#include "producers/cli/commands.h"
#include "producers/cli/outlet.h"

namespace godwit::cli {
namespace {

constexpr int status_not_read = 1;
constexpr int status_owed = 3;

}  // namespace

void SpoolDrain::add(service::Flags& flags) {
  flags.text("spool", spool_, "Directory of the spool; default godwit/spool/<brokers> in ~/.local/state");
  flags.integer("timeout-ms", timeout_ms_, 0, 86'400'000, "Milliseconds to wait for Kafka to acknowledge");
}

int SpoolDrain::run(const kafka::ClientOptions& client) const {
  service::block_stop_signals();  // before the publisher has threads
  const SystemClock clock;
  const StopSignal stop;
  auto outlet = Outlet::open(client, clock, {.spool = spool_});
  if (!outlet) return service::usage_error("godwit", outlet.error().message);
  const std::size_t owed = outlet->settle(Millis{timeout_ms_}, stop);
  const producer::SpoolFigures figures = outlet->spool().figures();
  fmt::print("{} events found, {} sent, {} owed, {} unreadable or refused\n", figures.adopted,
             figures.acknowledged, owed, figures.given_up);
  if (figures.given_up > 0) return status_not_read;
  return owed > 0 ? status_owed : 0;
}

}  // namespace godwit::cli
