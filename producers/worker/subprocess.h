// Subprocess: the Runner that forks. Each tool runs in a process group of its own, so a Ctrl-C at the
// terminal reaches the worker alone; in the C locale, so its messages can be read; and it is killed when the
// worker dies. While its Control is paused the whole group is stopped (SIGSTOP).
#pragma once

#include <string_view>

#include "common/base/clock.h"
#include "producers/worker/control.h"
#include "producers/worker/runner.h"

namespace godwit::worker {

struct SubprocessOptions {
  Millis beat_interval{1'000};       // between two beats of the Control
  Millis terminate_wait_max{5'000};  // between SIGTERM and SIGKILL
  Millis drain_wait_max{1'000};      // for output still in the pipes once the tool has ended
};

class Subprocess final : public Runner {
 public:
  // Without a control the tool is never paused. It outlives the Subprocess.
  explicit Subprocess(Control* control = nullptr, SubprocessOptions options = {})
      : control_(control), options_(options) {}
  Result<Exit> run(const Command& command, const OutputSink& sink, std::stop_token stop) override;

 private:
  Control* control_;
  SubprocessOptions options_;
};

// Whether `program` is an executable file on PATH.
bool is_on_path(std::string_view program);

}  // namespace godwit::worker
