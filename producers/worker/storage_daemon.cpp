#include "producers/worker/storage_daemon.h"

#include <fmt/format.h>

#include <chrono>

#include "common/json/writer.h"

namespace godwit::worker {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::string_view bitmap = "godwit";

std::string source_node(std::int64_t disk) { return fmt::format("source{}", disk); }
std::string target_node(std::int64_t disk) { return fmt::format("target{}", disk); }

// As JSON, so that no character of a path means anything.
std::string block_device(const std::string& node, std::string_view format, const std::string& path) {
  json::Writer writer;
  writer.begin_object().member("driver", format).member("node-name", node).member("discard", "unmap");
  writer.key("file").begin_object().member("driver", "file").member("filename", path).end_object();
  writer.end_object();
  return writer.take();
}

std::string in_option(const std::string& path) {
  std::string out;
  for (const char c : path) out.append(c == ',' ? 2 : 1, c);
  return out;
}

std::string backup_arguments(const std::string& job, std::int64_t disk, Control::Rate rate, bool whole) {
  json::Writer writer;
  writer.begin_object().member("job-id", job).member("device", source_node(disk));
  writer.member("target", target_node(disk)).member("speed", rate.value_or(0));
  writer.member("sync", whole ? "full" : "incremental");
  if (!whole) writer.member("bitmap", bitmap);
  writer.end_object();
  return writer.take();
}

// Bitmap and copy begin at the same moment, so no write falls between them.
std::string full_copy_arguments(const std::string& job, std::int64_t disk, Control::Rate rate) {
  json::Writer writer;
  writer.begin_object().key("actions").begin_array();
  writer.begin_object().member("type", "block-dirty-bitmap-add").key("data").begin_object();
  writer.member("node", source_node(disk)).member("name", bitmap).end_object().end_object();
  writer.begin_object().member("type", "blockdev-backup");
  writer.member_raw("data", backup_arguments(job, disk, rate, true)).end_object();
  writer.end_array().end_object();
  return writer.take();
}

std::string one_member(std::string_view name, std::string_view value) {
  json::Writer writer;
  writer.begin_object().member(name, value).end_object();
  return writer.take();
}

}  // namespace

Step storage_daemon(const std::vector<Disk>& disks, const std::string& nbd_socket,
                    const std::string& qmp_socket) {
  Step step;
  step.tool = step.command.program = "qemu-storage-daemon";
  auto& arguments = step.command.arguments;
  for (const Disk& disk : disks)
    arguments.insert(
        arguments.end(),
        {"--blockdev", block_device(source_node(disk.index), disk.info.format, disk.source), "--blockdev",
         block_device(target_node(disk.index), disk.target_format, disk.converted)});
  arguments.insert(arguments.end(), {"--nbd-server", "addr.type=unix,addr.path=" + in_option(nbd_socket)});
  for (const Disk& disk : disks)
    arguments.insert(arguments.end(), {"--export", fmt::format("type=nbd,id=e{0},node-name={1},name=disk{0},"
                                                               "writable=on",
                                                               disk.index, source_node(disk.index))});
  arguments.insert(arguments.end(),
                   {"--chardev", fmt::format("socket,path={},server=on,wait=off,id=q", in_option(qmp_socket)),
                    "--monitor", "chardev=q"});
  return step;
}

StorageDaemon::~StorageDaemon() { end_daemon(); }

void StorageDaemon::end_daemon() {
  qmp_.reset();
  thread_ = {};  // asks the runner to end it, and waits
}

// What the daemon itself said last is better than what its socket says.
Stopped StorageDaemon::failed(const Error& error) {
  end_daemon();
  if (ended_ && !*ended_) return failure_of(step_, ended_->error());
  if (ended_ && !(**ended_).own_words.empty() && !(**ended_).exit.succeeded())
    return failure_of(step_, **ended_);
  if (error.message.find("No space left") != std::string::npos)
    return make_failure("no_space", "storage", error.message, step_.tool, true);
  return make_failure("tool_failed", "tool", error.message, step_.tool, error.kind == ErrorKind::transient);
}

Staged<std::vector<std::string>> StorageDaemon::open(const std::vector<Disk>& disks) {
  const std::string nbd_socket = options_.socket_directory + "/nbd";
  const std::string qmp_socket = options_.socket_directory + "/qmp";
  step_ = storage_daemon(disks, nbd_socket, qmp_socket);
  disks_ = static_cast<std::int64_t>(disks.size());
  is_running_ = true;
  thread_ = std::jthread{[this](const std::stop_token& stop) {
    ended_ = run_tool(
        runner_, step_, [](const parse::Reading&) {}, stop);
    is_running_ = false;
  }};
  auto qmp = Qmp::connect(
      qmp_socket, [this] { return is_running_.load(); }, options_.qmp);
  if (!qmp) return failed(qmp.error());
  qmp_ = std::move(*qmp);
  std::vector<std::string> addresses;
  addresses.reserve(disks.size());
  for (const Disk& disk : disks)
    addresses.push_back(fmt::format("nbd+unix:///disk{}?socket={}", disk.index, nbd_socket));
  return addresses;
}

Staged<std::int64_t> StorageDaemon::copy_all(std::int64_t disk, Attempt& attempt, const OnBytes& on_bytes) {
  const std::string job = fmt::format("copy-{}", jobs_started_++);
  const auto started = qmp_->call("transaction", full_copy_arguments(job, disk, attempt.control().rate()));
  if (!started) return failed(started.error());
  return follow(job, attempt, on_bytes);
}

Staged<std::int64_t> StorageDaemon::copy_dirty(std::int64_t disk, Attempt& attempt, const OnBytes& on_bytes) {
  const std::string job = fmt::format("copy-{}", jobs_started_++);
  const auto started =
      qmp_->call("blockdev-backup", backup_arguments(job, disk, attempt.control().rate(), false));
  if (!started) return failed(started.error());
  return follow(job, attempt, on_bytes);
}

// Hands what the Control is asked on to the job.
std::optional<Stopped> StorageDaemon::steer(const std::string& job, Attempt& attempt, Control::Rate& rate,
                                            bool& paused) {
  if (const bool wanted = attempt.control().obey(); wanted != paused) {
    paused = wanted;
    // A job that ends at this very moment refuses; its end is then the next thing read.
    (void)qmp_->call(paused ? "job-pause" : "job-resume", one_member("id", job));
  }
  if (const auto wanted = attempt.control().rate(); wanted != rate) {
    rate = wanted;
    json::Writer writer;
    writer.begin_object().member("device", job).member("speed", rate.value_or(0)).end_object();
    (void)qmp_->call("block-job-set-speed", writer.text());
  }
  if (!attempt.is_cancelled()) return std::nullopt;
  (void)qmp_->call("job-cancel", one_member("id", job));
  end_daemon();
  return Stopped{Cancelled{}};
}

Staged<std::int64_t> StorageDaemon::follow(const std::string& job, Attempt& attempt,
                                           const OnBytes& on_bytes) {
  Control::Rate rate = attempt.control().rate();
  bool paused = false;
  for (;;) {
    if (auto stopped = steer(job, attempt, rate, paused)) return *stopped;
    const auto event = qmp_->next_event(options_.look_interval);
    if (!event) return failed(event.error());
    if (*event) {
      const auto end = parse::qmp_job_end(**event);
      if (!end || end->id != job) continue;
      if (!end->error.empty() || end->cancelled)
        return failed(transient_error(end->cancelled ? "the copy was cancelled" : end->error));
      on_bytes(end->bytes_done, end->bytes_total);
      return end->bytes_done;
    }
    const auto jobs = qmp_->call("query-jobs");
    if (!jobs) return failed(jobs.error());
    if (const auto figures = parse::qmp_job(*jobs, job)) on_bytes(figures->bytes_done, figures->bytes_total);
  }
}

Staged<std::int64_t> StorageDaemon::bytes_dirty(std::int64_t disk) {
  const auto nodes = qmp_->call("query-named-block-nodes", R"({"flat":true})");
  if (!nodes) return failed(nodes.error());
  const auto bytes = parse::qmp_dirty_bytes(*nodes, source_node(disk), bitmap);
  if (!bytes) return failed(transient_error("the bitmap of what was written is gone"));
  return *bytes;
}

Staged<Done> StorageDaemon::freeze() {
  for (std::int64_t disk = 0; disk < disks_; ++disk) {
    const auto asked = qmp_->call("block-export-del", fmt::format(R"({{"id":"e{}","mode":"hard"}})", disk));
    if (!asked) return failed(asked.error());
  }
  const auto deadline = Steady::now() + options_.freeze_wait_max;
  for (std::int64_t left = disks_; left > 0;) {
    const auto event = qmp_->next_event(options_.look_interval);
    if (!event) return failed(event.error());
    if (*event && (*event)->name == "BLOCK_EXPORT_DELETED") --left;
    if (Steady::now() >= deadline) return failed(transient_error("the sources' writers do not let go"));
  }
  return Done{};
}

// It closes its monitor when all is written; asked to end before, it might be killed while it writes.
void StorageDaemon::wait_until_gone() {
  const auto deadline = Steady::now() + options_.close_wait_max;
  while (Steady::now() < deadline)
    if (!qmp_->next_event(options_.look_interval)) return;
}

Staged<Done> StorageDaemon::close() {
  const auto asked = qmp_->call("quit");
  if (!asked) return failed(asked.error());
  wait_until_gone();
  end_daemon();
  if (ended_ && *ended_ && (**ended_).exit.succeeded()) return Done{};
  return failed(transient_error("qemu-storage-daemon did not end well"));
}

}  // namespace godwit::worker
