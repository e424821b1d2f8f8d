// godwit-worker: runs one migration with real tools and reports it as events.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "common/base/log.h"
#include "common/kafka/kafka_publisher.h"
#include "common/service/flags.h"
#include "common/service/signals.h"
#include "producers/cpp/spool/home.h"
#include "producers/cpp/spool/spool.h"
#include "producers/worker/console.h"
#include "producers/worker/directory_upload.h"
#include "producers/worker/file.h"
#include "producers/worker/http_upload.h"
#include "producers/worker/pipeline.h"
#include "producers/worker/settings.h"
#include "producers/worker/subprocess.h"

namespace {

using namespace godwit;
using namespace godwit::worker;

constexpr const char* program = "godwit-worker";
constexpr int exit_failed = 1;
constexpr int exit_cancelled = 130;

// The first stop signal cancels the migration; one more, while only events are waited for, ends the wait.
class SignalWatch {
 public:
  std::stop_token stop() const { return stop_.get_token(); }
  void only_events_are_left() { may_leave_ = true; }

 private:
  void watch(const std::stop_token& ended) {
    while (!ended.stop_requested()) {
      if (!service::wait_for_stop_signal(Millis{100})) continue;
      if (may_leave_) std::_Exit(exit_cancelled);
      stop_.request_stop();
    }
  }

  std::stop_source stop_;
  std::atomic<bool> may_leave_ = false;
  std::jthread thread_{[this](const std::stop_token& ended) { watch(ended); }};
};

std::unique_ptr<Uploader> make_uploader(const Settings& settings) {
  if (settings.target.kind == Target::Kind::directory)
    return std::make_unique<DirectoryUpload>(settings.target.location, settings.bytes_per_second_max);
  HttpUploadOptions options;
  options.bytes_per_second_max = settings.bytes_per_second_max;
  return std::make_unique<HttpUpload>(settings.target, options);
}

void print_summary(const Outcome& outcome, const Settings& settings) {
  const auto bytes = [](const std::optional<std::int64_t>& n) {
    return format_bytes(static_cast<double>(n.value_or(0)));
  };
  const double seconds = static_cast<double>(outcome.result.duration.count()) / 1000;
  const std::string& task = settings.identity.task_id;
  switch (outcome.end) {
    case Outcome::End::completed:
      fmt::print(
          "migrated {} to {} in {:.1f} s: {} exported, {} converted, {} uploaded; sha256 {}; task {}\n",
          settings.identity.vm_name, outcome.location, seconds, bytes(outcome.result.bytes_exported),
          bytes(outcome.result.bytes_converted), bytes(outcome.result.bytes_uploaded), outcome.sha256, task);
      break;
    case Outcome::End::failed:
      fmt::print("FAILED in {} after {:.1f} s: {}; task {}\n", outcome.stage, seconds,
                 outcome.failure->message, task);
      break;
    case Outcome::End::cancelled:
      fmt::print("cancelled in {} after {:.1f} s; task {}\n", outcome.stage, seconds, task);
      break;
  }
  std::fflush(stdout);
}

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

// nullopt when there is no room to work in, which has been said.
std::optional<Outcome> run_pipeline(const Settings& settings, producer::Migration& migration,
                                    const Clock& clock, const std::stop_token& stop) {
  auto workspace = Workspace::create(settings.work_dir);
  if (!workspace) {
    service::usage_error(program, "--work-dir: " + workspace.error().message);
    return std::nullopt;
  }
  Job job;
  job.source = settings.source;
  job.source_format = settings.source_format;
  job.target_format = settings.format;
  job.copy = workspace->path("exported");
  job.converted = workspace->path("converted");
  job.bytes_per_second_max = settings.bytes_per_second_max;
  Subprocess runner;
  Console console{stdout, isatty(STDOUT_FILENO) == 1, clock};
  const auto uploader = make_uploader(settings);
  return Pipeline{runner, *uploader, migration, console, clock}.run(job, stop);
}

int migrate(const MigrateFlags& flags) {
  const SystemClock clock;
  const auto settings = check(flags, clock.now());
  if (!settings) return service::usage_error(program, settings.error().message);
  const auto publisher = kafka::KafkaPublisher::create(flags.kafka.client, kafka::for_spool());
  if (!publisher) return service::usage_error(program, publisher.error().message);
  producer::SpoolOptions spool_options;
  spool_options.directory =
      flags.spool.empty() ? producer::default_spool_directory(flags.kafka.client.brokers) : flags.spool;
  const auto spool = producer::Spool::open(**publisher, clock, spool_options);
  if (!spool) return service::usage_error(program, "--spool: " + spool.error().message);

  SignalWatch signals;
  producer::Migration migration{**spool, clock, settings->identity};
  fmt::print("task {}: {} to {}\n", settings->identity.task_id, settings->source, settings->target.shown_uri);
  const auto outcome = run_pipeline(*settings, migration, clock, signals.stop());
  if (!outcome) return 2;
  print_summary(*outcome, *settings);
  signals.only_events_are_left();
  if (const Status flushed = migration.flush(); !flushed)
    log_warn(
        "the migration's outcome stands; the next godwit-worker with this --spool sends its last events: {}",
        flushed.error().message);
  return exit_status(outcome->end);
}

}  // namespace

int main(int argc, char** argv) {
  service::block_stop_signals();
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit shall be an error of write(), with a message
  service::Flags flags{program,
                       "Migrates a disk image with qemu-img, nbdkit and nbdcopy, and reports it as events"};
  MigrateFlags migrate_flags;
  migrate_flags.add(flags.subcommand("migrate", "Export, convert, upload and validate one disk"));
  if (const auto status = flags.parse(argc, argv)) return *status;
  if (const Status ready = migrate_flags.kafka.finish(program); !ready)
    return service::usage_error(program, ready.error().message);
  return migrate(migrate_flags);
}
