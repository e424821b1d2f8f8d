// Subprocess: the Runner that forks. Each tool runs in a process group of its own, so a Ctrl-C at the
// terminal reaches the worker alone; in the C locale, so its messages can be read; and it is killed when the
// worker dies.
#pragma once

#include <string_view>

#include "common/base/clock.h"
#include "producers/worker/runner.h"

namespace godwit::worker {

struct SubprocessOptions {
  Millis terminate_wait_max{5'000};  // between SIGTERM and SIGKILL
  Millis drain_wait_max{1'000};      // for output still in the pipes once the tool has ended
};

class Subprocess final : public Runner {
 public:
  explicit Subprocess(SubprocessOptions options = {}) : options_(options) {}
  Result<Exit> run(const Command& command, const OutputSink& sink, std::stop_token stop) override;

 private:
  SubprocessOptions options_;
};

// Whether `program` is an executable file on PATH.
bool is_on_path(std::string_view program);

}  // namespace godwit::worker
