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
  worker::PlanFlags plan;
  plan.add(flags.subcommand("plan", "Migrate all VMs of a plan file, or those that are left"));
  worker::ControlFlags control;
  control.add(flags.subcommand("control", "Pause, resume, cancel or hurry a running worker"));
  if (const auto status = flags.parse(argc, argv)) return *status;
  if (flags.chosen("control")) return worker::control(control);
  const bool is_plan = flags.chosen("plan");
  worker::EventFlags& events = is_plan ? plan.events : migrate.events;
  if (const Status ready = events.kafka.finish(worker::program_name); !ready)
    return service::usage_error(worker::program_name, ready.error().message);
  return is_plan ? worker::run_plan(plan) : worker::migrate(migrate);
}
