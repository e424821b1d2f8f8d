#include "producers/worker/migrate.h"

#include <fmt/format.h>
#include <unistd.h>

#include "common/base/log.h"
#include "producers/worker/console.h"
#include "producers/worker/control_socket.h"
#include "producers/worker/events_out.h"
#include "producers/worker/execute.h"
#include "producers/worker/signal_watch.h"

namespace godwit::worker {
namespace {

constexpr int exit_failed = 1;

void print_summary(const Outcome& outcome, const producer::Identity& identity) {
  std::string moved;
  const auto add = [&](std::string_view what, const std::optional<std::int64_t>& bytes) {
    if (bytes) moved += fmt::format(" {} {},", format_bytes(static_cast<double>(*bytes)), what);
  };
  add("exported", outcome.result.bytes_exported);
  add("converted", outcome.result.bytes_converted);
  add("uploaded", outcome.result.bytes_uploaded);
  const double seconds = static_cast<double>(outcome.result.duration.count()) / 1000;
  switch (outcome.end) {
    case Outcome::End::completed:
      for (const Disk& disk : outcome.disks) fmt::print("{}: sha256 {}\n", disk.location, disk.sha256);
      fmt::print("migrated {} in {:.1f} s:{} task {}\n", identity.vm_name, seconds, moved, identity.task_id);
      break;
    case Outcome::End::failed:
      fmt::print("FAILED in {} after {:.1f} s: {}; task {}\n", outcome.stage, seconds,
                 outcome.failure->message, identity.task_id);
      break;
    case Outcome::End::cancelled:
      fmt::print("cancelled in {} after {:.1f} s; task {}\n", outcome.stage, seconds, identity.task_id);
      break;
  }
  std::fflush(stdout);
}

// nullptr when none is asked for.
Result<std::unique_ptr<ControlSocket>> open_socket(const std::string& path, Control& control,
                                                   SignalWatch& signals) {
  if (path.empty()) return std::unique_ptr<ControlSocket>{};
  auto socket = ControlSocket::listen(path, [&](const Order& order) {
    obey(order, control, signals.source());
    return Status{Done{}};
  });
  if (!socket) return invalid_error("--control " + socket.error().message);
  return socket;
}

}  // namespace

int exit_status(Outcome::End end) {
  switch (end) {
    case Outcome::End::completed:
      return 0;
    case Outcome::End::failed:
      return exit_failed;
    case Outcome::End::cancelled:
      return exit_cancelled;
  }
  return exit_failed;
}

int migrate(const MigrateFlags& flags) {
  const SystemClock clock;
  const auto settings = check(flags.asked(), clock.now());
  if (!settings) return service::usage_error(program_name, settings.error().message);
  const auto events = EventsOut::open(flags.events, clock);
  if (!events) return service::usage_error(program_name, events.error().message);

  SignalWatch signals;
  Control requests{settings->bytes_per_second_max};
  const auto socket = open_socket(flags.control, requests, signals);
  if (!socket) return service::usage_error(program_name, socket.error().message);
  producer::Migration migration{*events->spool, clock, settings->identity};
  fmt::print("task {}: {} to {}\n", settings->identity.task_id, settings->disks.front().source,
             settings->disks.front().target.shown_uri);
  Console console{stdout, isatty(STDOUT_FILENO) == 1, clock};
  const auto outcome = execute(*settings, migration, console, clock, requests, signals.stop());
  if (!outcome) return service::usage_error(program_name, outcome.error().message);
  print_summary(*outcome, settings->identity);
  signals.only_events_are_left();
  if (const Status flushed = migration.flush(); !flushed)
    log_warn("the outcome stands; the next godwit-worker with this --spool sends its last events: {}",
             flushed.error().message);
  return exit_status(outcome->end);
}

int control(const ControlFlags& flags) {
  std::string line;
  for (const std::string& word : flags.words) line += (line.empty() ? "" : " ") + word;
  const Status done = give_order(flags.socket, line);
  if (done) return 0;
  fmt::print(stderr, "{}: {}\n", program_name, done.error().message);
  return done.error().kind == ErrorKind::invalid ? 2 : exit_failed;
}

}  // namespace godwit::worker
