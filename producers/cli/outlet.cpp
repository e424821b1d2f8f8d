#include "producers/cli/outlet.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "producers/cpp/outage.h"
#include "producers/cpp/spool/home.h"
#include "producers/cpp/stamp.h"

namespace godwit::cli {
namespace {

// How long one look at the spool waits, also for ticks, before the stop signal is looked at again. Nothing is
// said of a shorter wait.
constexpr Millis look_interval{1'000};

}  // namespace

StopSignal::StopSignal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  signals_ = Descriptor{signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

bool StopSignal::came_within(Millis timeout) const {
  pollfd waited{signals_.get(), POLLIN, 0};
  return poll(&waited, 1, static_cast<int>(timeout.count())) > 0;
}

void StopSignal::take() const {
  signalfd_siginfo info{};
  // Nothing there is as good as taken.
  [[maybe_unused]] const ssize_t got = read(signals_.get(), &info, sizeof info);
}

Outlet::Outlet(std::unique_ptr<kafka::KafkaPublisher> publisher, std::unique_ptr<producer::Spool> spool,
               producer::SpoolOptions options)
    : publisher_(std::move(publisher)), spool_(std::move(spool)), options_(std::move(options)) {}

Result<Outlet> Outlet::open(const kafka::ClientOptions& client, const Clock& clock,
                            const OutletOptions& options) {
  auto publisher = kafka::KafkaPublisher::create(client, kafka::for_spool(producer::migration_topics()));
  if (!publisher) return publisher.error();
  producer::SpoolOptions spool_options;
  spool_options.directory =
      options.spool.empty() ? producer::default_spool_directory(client.brokers) : options.spool;
  spool_options.sync = options.sync;
  spool_options.records_max = options.owed_max;
  auto spool = producer::Spool::open(**publisher, clock, spool_options);
  if (!spool) return Error{spool.error().kind, "--spool: " + spool.error().message};
  return Outlet{std::move(*publisher), std::move(*spool), std::move(spool_options)};
}

bool Outlet::has_room() const {
  const producer::SpoolFigures figures = spool_->figures();
  return figures.owed < options_.records_max &&
         figures.disk_bytes + options_.record_bytes_max <= options_.disk_bytes_max;
}

std::size_t Outlet::settle(Millis timeout, const StopSignal& stop) {
  const auto begin = producer::Steady::now();
  bool has_said = false;
  for (;;) {
    const auto waited = std::chrono::floor<Millis>(producer::Steady::now() - begin);
    if (spool_->flush(std::clamp(timeout - waited, Millis{0}, look_interval))) return 0;
    if (waited >= timeout || stop.came_within(Millis{0})) break;
    if (has_said) continue;
    has_said = true;
    fmt::print(stderr, "godwit: waits up to {} s for Kafka to acknowledge {} events; a signal ends that\n",
               timeout.count() / 1000, spool_->figures().owed);
  }
  const std::size_t owed = spool_->figures().owed;
  fmt::print(stderr,
             "godwit: {} events are not in Kafka yet; they are kept in {}, and whichever program next uses "
             "that spool sends them\n",
             owed, options_.directory);
  return owed;
}

}  // namespace godwit::cli
