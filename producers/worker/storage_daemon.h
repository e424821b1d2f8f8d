// StorageDaemon: the Mirror that is a qemu-storage-daemon. It serves the sources over NBD and copies them by
// backup jobs with dirty bitmaps, told to over QMP.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "producers/worker/mirror.h"
#include "producers/worker/qmp.h"
#include "producers/worker/runner.h"

namespace godwit::worker {

struct StorageDaemonOptions {
  std::string socket_directory = {};  // of ours alone, with a short path
  Millis look_interval{100};          // at a running job
  Millis freeze_wait_max{10'000};
  Millis close_wait_max{600'000};  // for what is written to reach the images
  QmpOptions qmp = {};
};

// The runner runs the daemon on a thread of its own and is used for nothing else; it must not pause it.
class StorageDaemon final : public Mirror {
 public:
  StorageDaemon(Runner& runner, StorageDaemonOptions options)
      : runner_(runner), options_(std::move(options)) {}
  // Ends the daemon if need be.
  ~StorageDaemon() override;

  Staged<std::vector<std::string>> open(const std::vector<Disk>& disks) override;
  Staged<std::int64_t> copy_all(std::int64_t disk, Attempt& attempt, const OnBytes& on_bytes) override;
  Staged<std::int64_t> copy_dirty(std::int64_t disk, Attempt& attempt, const OnBytes& on_bytes) override;
  Staged<std::int64_t> bytes_dirty(std::int64_t disk) override;
  Staged<Done> freeze() override;
  Staged<Done> close() override;

 private:
  Staged<std::int64_t> follow(const std::string& job, Attempt& attempt, const OnBytes& on_bytes);
  std::optional<Stopped> steer(const std::string& job, Attempt& attempt, Control::Rate& rate, bool& paused);
  std::string start_job(Control::Rate rate);
  Stopped failed(const Error& error);
  void end_daemon();
  void wait_until_gone();

  Runner& runner_;
  StorageDaemonOptions options_;
  Step step_;
  std::int64_t disks_ = 0;
  std::int64_t jobs_started_ = 0;
  std::unique_ptr<Qmp> qmp_;
  std::optional<Result<ToolOutcome>> ended_;  // the daemon, written before is_running_ falls
  std::atomic<bool> is_running_ = false;
  std::jthread thread_;
};

// The daemon's call: each disk N as nodes sourceN and targetN, the source served as export "diskN".
Step storage_daemon(const std::vector<Disk>& disks, const std::string& nbd_socket,
                    const std::string& qmp_socket);

}  // namespace godwit::worker
