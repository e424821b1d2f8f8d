// Pipeline: one migration from start to end. It runs the plan's steps in order, reports what happens, and
// gives the outcome as a value.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "common/base/clock.h"
#include "producers/cpp/migration.h"
#include "producers/worker/observer.h"
#include "producers/worker/plan.h"
#include "producers/worker/runner.h"
#include "producers/worker/tool.h"
#include "producers/worker/upload.h"

namespace godwit::worker {

struct Job {
  std::string source;  // absolute path of the disk's file
  std::optional<std::string> source_format;
  std::string target_format = "qcow2";
  std::string copy;       // where the exported file goes; absolute, as the next
  std::string converted;  // where the converted image goes
  std::optional<std::int64_t> bytes_per_second_max;
};

struct Outcome {
  enum class End { completed, failed, cancelled };
  End end = End::completed;
  std::optional<event::Failure> failure;  // when failed
  std::string stage;                      // in which it failed or was cancelled
  producer::TaskResult result;            // as far as it came
  std::string location;                   // of the image, once uploaded
  std::string sha256;                     // of the converted image, once there
};

// Everything it uses outlives it. Used once, by one thread; only the stop may come from another. It sends
// task.started, stage events and the end of the task; flushing is the caller's.
class Pipeline {
 public:
  Pipeline(Runner& runner, Uploader& uploader, producer::Migration& migration, Observer& observer,
           const Clock& clock)
      : runner_(runner), uploader_(uploader), migration_(migration), observer_(observer), clock_(clock) {}

  Outcome run(const Job& job, std::stop_token stop);

 private:
  struct Cancelled {};
  // Why a stage ended early.
  using Stopped = std::variant<Cancelled, event::Failure>;
  template <class T>
  using Staged = Result<T, Stopped>;
  using Body = Staged<producer::StageResult> (Pipeline::*)();

  Staged<parse::ImageInfo> probe();
  Staged<producer::StageResult> run_export();
  Staged<producer::StageResult> run_conversion();
  Staged<producer::StageResult> run_upload();
  Staged<producer::StageResult> run_validation();

  std::optional<Stopped> run_stage(int index, std::string_view name, Body body);
  Staged<ToolOutcome> use(const Step& step, const OnReading& on_reading);
  Staged<std::string> checksum(const std::string& path);
  Staged<parse::ImageInfo> info_of(const std::string& path, const std::optional<std::string>& format);
  Staged<std::int64_t> size_of(const std::string& path, std::string_view phase);
  std::optional<std::int64_t> expected_bytes(std::string_view stage) const;
  void tick(producer::Tick tick);
  Outcome end_early(Stopped why);

  Runner& runner_;
  Uploader& uploader_;
  producer::Migration& migration_;
  Observer& observer_;
  const Clock& clock_;

  Job job_;
  std::stop_token stop_;
  Timestamp started_at_;
  std::string stage_;
  std::optional<std::int64_t> bytes_done_;  // of the running stage, as last reported
  std::optional<Staged<parse::ImageInfo>> probed_;
  std::int64_t source_bytes_ = 0;     // the source's file
  std::int64_t converted_bytes_ = 0;  // the converted image's file
  Outcome outcome_;
};

}  // namespace godwit::worker
