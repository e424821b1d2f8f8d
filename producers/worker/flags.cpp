#include "producers/worker/flags.h"

namespace godwit::worker {
namespace {

constexpr std::int64_t day_s = 86'400;
constexpr std::int64_t bytes_max = std::int64_t{1} << 50;

}  // namespace

void EventFlags::add(service::Flags& flags) {
  flags.text("spool", spool,
             "Where events wait for Kafka, one directory per cluster; default: godwit/spool/BROKERS in "
             "$XDG_STATE_HOME or ~/.local/state");
  kafka.add(flags);
}

void MigrateFlags::add(service::Flags& flags) {
  flags.texts("source", sources, "Disk image to migrate: one file; repeat it for a VM of several disks");
  flags.required_text("target", request.target, "Where to: http(s)://... to PUT to, or file:/DIRECTORY");
  flags.text("source-format", source_format, "Its format; qemu-img finds out when not given");
  flags.choice("format", request.format, {"qcow2", "raw", "vmdk", "vdi", "vhdx"}, "Format to convert to");
  flags.choice("engine", request.engine, {"copy", "virt-v2v"},
               "copy: the disk as it is; virt-v2v: made to run on KVM");
  flags.flag("warm", request.warm, "Copy while the source is written to, then cut over");
  flags.integer("rounds", request.rounds, 0, 1000, "Warm: rounds after the full copy at most");
  flags.integer("round-interval", request.round_interval_s, 0, 30 * day_s, "Warm: seconds between rounds");
  flags.integer("cutover-below", request.cutover_below, 0, bytes_max,
                "Warm: cut over once no more bytes than this are left to copy");
  flags.text("vm", request.vm, "The VM's name; default: the source's file name");
  flags.text("provider", request.provider, "Where the VM comes from: vsphere, hyperv, ...");
  flags.text("user", request.user, "Who asked for it; default: the user running this");
  flags.text("task-id", request.task_id, "Names the task in all views; default: a new UUID");
  flags.text("plan-id", request.plan_id, "The plan this task belongs to");
  flags.integer("attempt", request.attempt, 1, 1'000'000, "Number of this try of the task");
  flags.text("work-dir", request.work_dir, "Where the exported and the converted image lie meanwhile");
  flags.integer("rate-limit", request.rate_limit, 0, rate_max, "Bytes per second at most; 0: no limit");
  flags.text("control", control, "Unix socket to make, at which `godwit-worker control` is obeyed");
  events.add(flags);
}

Request MigrateFlags::asked() const {
  Request out = request;
  for (const std::string& source : sources) out.disks.push_back({source, source_format});
  return out;
}

void PlanFlags::add(service::Flags& flags) {
  flags.positional("file", file, "The plan, YAML");
  flags.integer("parallel", parallel, 1, 1000, "VMs at once at most");
  flags.text("work-dir", work_dir, "Where images lie meanwhile, and the journal that lets a plan go on");
  flags.text("user", user, "Who asked for it; default: the user running this");
  flags.text("control", control, "Unix socket to make, at which `godwit-worker control` is obeyed");
  events.add(flags);
}

void ControlFlags::add(service::Flags& flags) {
  flags.required_text("control", socket, "The worker's socket, as given to its --control");
  flags.rest("order", words, "pause, resume, cancel, rate-limit BYTES, round or cutover, then maybe a task");
}

}  // namespace godwit::worker
