// godwit-worker: runs migrations with real tools and reports them as events.
#include <csignal>

#include "common/service/signals.h"
#include "producers/worker/migrate.h"

int main(int argc, char** argv) {
  using namespace godwit;
  service::block_stop_signals();
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit shall be an error of write(), with a message
  service::Flags flags{worker::program_name,
                       "Migrates disk images with real tools, and reports it as events"};
  worker::MigrateFlags migrate;
  migrate.add(flags.subcommand("migrate", "Export, convert, upload and validate the disks of one VM"));
  worker::ControlFlags control;
  control.add(flags.subcommand("control", "Pause, resume, cancel or hurry a running worker"));
  if (const auto status = flags.parse(argc, argv)) return *status;
  if (flags.chosen("control")) return worker::control(control);
  if (const Status ready = migrate.events.kafka.finish(worker::program_name); !ready)
    return service::usage_error(worker::program_name, ready.error().message);
  return worker::migrate(migrate);
}
