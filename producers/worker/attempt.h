// Attempt: one try of one migration while it runs: what every engine needs to run tools and to say how it
// goes. It knows stages and disks, but not which there are.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "producers/cpp/migration.h"
#include "producers/worker/control.h"
#include "producers/worker/disk.h"
#include "producers/worker/observer.h"
#include "producers/worker/tool.h"

namespace godwit::worker {

inline constexpr Millis attempt_beat{1'000};  // between looks while waiting

struct Cancelled {};
// Why a stage ended early.
using Stopped = std::variant<Cancelled, event::Failure>;
template <class T>
using Staged = Result<T, Stopped>;

// An event that is not taken fails no migration; the outbox has logged it.
inline void go_on(const Status&) {}

// All outlive the Attempt.
struct AttemptParts {
  Runner& runner;
  producer::Migration& migration;
  Observer& observer;
  const Clock& clock;
  Control& control;
};

// Used by one thread; only the stop and the Control's requests come from others.
class Attempt {
 public:
  using Body = std::function<Staged<producer::StageResult>()>;
  using DiskBody = std::function<Staged<producer::StageResult>(Disk&)>;

  Attempt(AttemptParts parts, std::stop_token stop);
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt();

  // Runs one stage and reports its start and end; nullopt when it went well.
  std::optional<Stopped> run_stage(std::string_view name, int index, int total,
                                   std::optional<std::int64_t> bytes_total, const Body& body);
  // Within a stage: `body` for each disk in turn, their results as one. `bytes` tells how much of the stage
  // each is; without it all count the same.
  Staged<producer::StageResult> each_disk(std::vector<Disk>& disks, std::int64_t Disk::*bytes,
                                          const DiskBody& body);

  // A tool that fails because it was told to stop has not failed.
  Staged<ToolOutcome> use(const Step& step, const OnReading& on_reading, const ToolOptions& options = {});
  Staged<ToolOutcome> use(const Step& step) {
    return use(step, [](const parse::Reading&) {});
  }
  Staged<std::string> checksum(const std::string& path);
  Staged<parse::ImageInfo> info_of(const std::string& path, const std::optional<std::string>& format);
  Staged<std::int64_t> size_of(const std::string& path, std::string_view phase);

  // Size and checksum of the disk's image, kept in it; what a conversion has to report.
  Staged<producer::StageResult> weigh(Disk& disk);

  // Progress of the stage, or within each_disk() of that disk.
  void tick(producer::Tick tick);
  // As a tool said it: a percentage of what it counts.
  void tick(const parse::Reading& reading, std::string_view unit_basis);
  // Progress of one disk, whose part of the stage is `share`.
  void tick_of(const DiskShare& share, producer::Tick tick);
  void heartbeat() { migration().heartbeat(stage_); }

  producer::Migration& migration() { return parts_.migration; }
  Observer& observer() { return parts_.observer; }
  const Clock& clock() const { return parts_.clock; }
  Control& control() { return parts_.control; }
  const std::stop_token& stop() const { return stop_; }
  bool is_cancelled() const { return stop_.stop_requested(); }
  const std::string& stage() const { return stage_; }

 private:
  void told_to_pause(bool paused);

  AttemptParts parts_;
  std::stop_token stop_;
  std::string stage_;
  std::optional<std::int64_t> bytes_done_;  // of the running stage, as last reported
  std::optional<DiskShare> share_;          // of the disk at work
};

}  // namespace godwit::worker
