// godwit run: a command as a stage of a migration.
#include <fmt/format.h>

#include <algorithm>

#include "common/base/uuid.h"
#include "producers/cli/child.h"
#include "producers/cli/commands.h"
#include "producers/cli/host.h"
#include "producers/cli/outlet.h"
#include "producers/cli/progress.h"
#include "producers/cli/stage_report.h"

namespace godwit::cli {
namespace {

// As shells say it.
constexpr int status_not_runnable = 126;
constexpr int status_not_found = 127;

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

}  // namespace

void Run::add(service::Flags& flags) {
  flags.required_text("stage", stage_, "Stage the command is: export, conversion, upload, validation, ...");
  flags.required_text("vm", vm_, "Name of the VM");
  flags.text("task", task_, "Task id; default a new UUID, which is printed");
  flags.text("provider", provider_, "Where the VM comes from: vsphere, aws, ...");
  flags.integer("attempt", attempt_, 1, 1'000'000, "Attempt of the task");
  flags.text("plan", plan_, "Plan id");
  flags.text("user", user_, "Who runs it");
  flags.integer("stage-index", stage_index_, 0, 1'000, "Which stage of the task it is, from 0");
  flags.integer("total-stages", total_stages_, 0, 1'001,
                "How many the task has; default as many as are known");
  flags.integer("bytes-total", bytes_total_, 0, std::int64_t{1} << 53U,
                "Bytes to move, where known; 0 is unknown");
  flags.flag("whole-task", whole_task_, "The stage is the whole task: report its start and its end, too");
  flags.choice("progress", progress_, dialect_names(),
               "Whose progress to read from the command's output; auto goes by the program's name");
  flags.integer("progress-fd", progress_fd_, 0, 99,
                "The command writes progress to this descriptor (3 and more), as nbdcopy --progress=3 does");
  flags.text("spool", spool_, "Directory of the spool; default godwit/spool/<brokers> in ~/.local/state");
  flags.integer("timeout", timeout_seconds_, 0, 3600, "Seconds to wait for Kafka to acknowledge, at the end");
  flags.after_dashes(command_);
}

int Run::run(const kafka::ClientOptions& client) const {
  const auto wrong = [](std::string_view what) { return service::usage_error("godwit", what); };
  if (command_.empty()) return wrong("name the command to run after --");
  if (progress_fd_ == 1 || progress_fd_ == 2) return wrong("--progress-fd must be 3 or more");
  block_forwarded_signals();
  const SystemClock clock;
  producer::Identity identity;
  identity.task_id = task_.empty() ? make_uuid_v7(clock.now()) : task_;
  identity.vm_name = vm_;
  identity.provider = provider_;
  identity.host = host_name();
  identity.worker_id = make_uuid_v7(clock.now());
  identity.attempt = attempt_;
  identity.user = given(user_);
  identity.plan_id = given(plan_);
  if (const Status valid = StageReport::check(identity, stage_); !valid) return wrong(valid.error().message);
  auto outlet = Outlet::open(client, clock, {.spool = spool_});
  if (!outlet) return wrong(outlet.error().message);
  if (task_.empty()) fmt::print(stderr, "godwit: task {}\n", identity.task_id);

  producer::Migration migration{outlet->spool(), clock, std::move(identity)};
  const int status = run_command(migration);
  outlet->settle(std::chrono::seconds{timeout_seconds_}, StopSignal{});
  return status;
}

int Run::run_command(producer::Migration& migration) const {
  const auto bytes_total = bytes_total_ > 0 ? std::optional{bytes_total_} : std::nullopt;
  StageReport report{migration,
                     {.stage = stage_,
                      .program = command_.front(),
                      .dialect = choose_dialect(progress_, command_.front()),
                      .index = static_cast<int>(stage_index_),
                      .total = static_cast<int>(std::max(total_stages_, stage_index_ + 1)),
                      .bytes_total = bytes_total,
                      .is_whole_task = whole_task_}};
  report.started();
  const ChildObserver observer{
      .on_bytes = [&report](Stream stream, std::string_view bytes) { report.bytes(stream, bytes); },
      .on_beat = [&report] { report.beat(); }};
  const auto end = run_child(command_, observer, {.progress_fd = static_cast<int>(progress_fd_)});
  if (!end) {
    report.not_started(end.error());
    fmt::print(stderr, "godwit: {}\n", end.error().message);
    return end.error().kind == ErrorKind::invalid ? status_not_found : status_not_runnable;
  }
  report.ended(*end);
  return end->status();
}

}  // namespace godwit::cli
