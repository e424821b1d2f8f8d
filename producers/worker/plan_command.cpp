// `godwit-worker plan`.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/uuid.h"
#include "producers/worker/control_socket.h"
#include "producers/worker/events_out.h"
#include "producers/worker/migrate.h"
#include "producers/worker/plan/file.h"
#include "producers/worker/plan/run.h"
#include "producers/worker/signal_watch.h"

namespace godwit::worker {
namespace {

// All VMs are looked at before the first moves.
Result<std::vector<Settings>> check_all(const PlanFile& file, const PlanFlags& flags, Timestamp now) {
  std::vector<Settings> out;
  for (const PlanVm& vm : file.vms) {
    Request request = vm.request;
    request.work_dir = flags.work_dir;
    if (request.user.empty()) request.user = flags.user;
    auto settings = check(request, now);
    if (!settings) {
      std::string_view message = settings.error().message;  // in terms of migrate's flags
      if (message.starts_with("--")) message.remove_prefix(2);
      return invalid_error(fmt::format("{}: line {}: {}: {}", flags.file, vm.line, vm.request.vm, message));
    }
    out.push_back(std::move(*settings));
  }
  return out;
}

PlanDisplayOptions display_options() {
  PlanDisplayOptions options;
  options.is_terminal = isatty(STDOUT_FILENO) == 1;
  winsize size{};
  if (options.is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10)
    options.columns = size.ws_col;
  return options;
}

PlanRunOptions run_options(const PlanFile& file, const PlanFlags& flags, const producer::Identity& first,
                           Timestamp now) {
  PlanRunOptions options;
  options.parallel = static_cast<std::size_t>(flags.parallel);
  options.limits.attempts_max = file.attempts_max;
  options.limits.retry_delay = file.retry_delay;
  options.identity.plan_id = file.id;
  options.identity.plan_name = file.name;
  options.identity.host = first.host;
  options.identity.user = first.user;
  options.identity.worker_id = make_uuid_v7(now);
  options.identity.vm_count = static_cast<std::int64_t>(file.vms.size());
  options.identity.max_parallel = flags.parallel;
  return options;
}

Result<std::unique_ptr<ControlSocket>> open_socket(const std::string& path, PlanRun& run,
                                                   SignalWatch& signals) {
  if (path.empty()) return std::unique_ptr<ControlSocket>{};
  return ControlSocket::listen(path, [&](const Order& order) {
    if (order.kind == Order::Kind::cancel && order.task.empty()) {
      signals.source().request_stop();
      return Status{Done{}};
    }
    return run.obey(order);
  });
}

void print_summary(const PlanFile& file, const PlanRun& run, Outcome::End end) {
  const std::size_t all = file.vms.size();
  const std::size_t failed = run.failures();
  if (end == Outcome::End::completed)
    fmt::print("plan {}: {} of {} VMs migrated, {} of them before\n", file.id, all, all, run.done_before());
  else if (end == Outcome::End::failed)
    fmt::print("plan {}: FAILED for {} of {} VMs; run it again to try these once more\n", file.id, failed,
               all);
  else
    fmt::print("plan {}: cancelled; run it again to go on\n", file.id);
  std::fflush(stdout);
}

}  // namespace

int run_plan(const PlanFlags& flags) {
  const SystemClock clock;
  const auto refuse = [](const Error& error) { return service::usage_error(program_name, error.message); };
  const auto file = read_plan(flags.file);
  if (!file) return refuse(file.error());
  auto tasks = check_all(*file, flags, clock.now());
  if (!tasks) return refuse(tasks.error());
  auto options = run_options(*file, flags, tasks->front().identity, clock.now());
  if (Status valid = producer::Plan::check(options.identity); !valid)
    return refuse(invalid_error(fmt::format("{}: {}", flags.file, valid.error().message)));
  const auto journal = Journal::open(fmt::format("{}/{}.journal", flags.work_dir, file->id));
  if (!journal) return refuse(journal.error());
  const auto events = EventsOut::open(flags.events, clock);
  if (!events) return refuse(events.error());

  SignalWatch signals;
  PlanDisplay display{stdout, clock, tasks->size(), display_options()};
  const auto attempt = [&](const Settings& settings, producer::Migration& migration, Observer& observer,
                           Control& requests, const std::stop_token& stop) {
    return execute(settings, migration, observer, clock, requests, stop);
  };
  PlanRun run{std::move(*tasks), std::move(options), {*events->spool, clock, **journal, display, attempt}};
  const auto socket = open_socket(flags.control, run, signals);
  if (!socket) return refuse(invalid_error("--control " + socket.error().message));
  const Outcome::End end = run.run(signals.stop());
  print_summary(*file, run, end);
  signals.only_events_are_left();
  if (const Status flushed = events->spool->flush(producer::MigrationOptions{}.flush_wait_max); !flushed)
    log_warn("the outcome stands; the next godwit-worker with this --spool sends its last events: {}",
             flushed.error().message);
  return exit_status(end);
}

}  // namespace godwit::worker
