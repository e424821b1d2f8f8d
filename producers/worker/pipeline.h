// Pipeline: one attempt of one migration from start to end. It runs the engine's stages, then upload and
// validation, reports what happens, and gives the outcome as a value.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "producers/worker/attempt.h"
#include "producers/worker/disk.h"
#include "producers/worker/engine.h"

namespace godwit::worker {

struct Outcome {
  enum class End { completed, failed, cancelled };
  End end = End::completed;
  std::optional<event::Failure> failure;  // when failed
  std::string stage;                      // in which it failed or was cancelled
  producer::TaskResult result;            // as far as it came
  std::vector<Disk> disks;                // likewise
};

// Everything it uses outlives it. Used once, by one thread; only the stop and what the Control is asked may
// come from another. It sends task.started, stage and disk events and the end of the task; flushing is the
// caller's.
class Pipeline {
 public:
  Pipeline(Engine& engine, AttemptParts parts, std::stop_token stop)
      : engine_(engine), attempt_(parts, std::move(stop)) {}

  // The first disk is index 0; uploaders are borrowed.
  Outcome run(std::vector<Disk> disks);

 private:
  void announce();
  std::optional<Stopped> run_stages();
  Staged<producer::StageResult> run_stage(std::string_view name, bool is_first);
  std::optional<std::int64_t> bytes_expected(std::string_view stage) const;
  std::optional<Stopped> probe(Disk& disk);
  Staged<producer::StageResult> upload(Disk& disk);
  Staged<producer::StageResult> validate(Disk& disk);
  std::optional<Stopped> compare(const Disk& disk);
  void end_early(const Stopped& why);

  Engine& engine_;
  Attempt attempt_;
  std::vector<event::StagePlan> stages_;
  std::optional<Stopped> unreadable_;  // what is wrong with the sources
  Outcome outcome_;
};

}  // namespace godwit::worker
