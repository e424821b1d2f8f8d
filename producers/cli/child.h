// Child: a command that runs as if it had been called directly: its output passes through as it comes,
// signals reach it, and how it ended is told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace godwit::cli {

enum class Stream { output, error, progress };

struct ChildOptions {
  int progress_fd = 0;           // the child finds a pipe under this number; 0: it has none
  Millis beat_interval{100};     // at least this often on_beat is called
  Millis drain_wait_max{1'000};  // for output still in the pipes once the command has ended
};

// `code` or `signal` is there.
struct ChildEnd {
  std::optional<int> code = {};
  std::optional<int> signal = {};
  std::optional<int> stop_signal = {};  // the last one that asked to stop, whoever it was sent to

  // As a shell says it.
  int status() const { return signal ? 128 + *signal : code.value_or(0); }
};

// Called on the thread that runs the command.
struct ChildObserver {
  std::function<void(Stream, std::string_view bytes)> on_bytes;  // after they were passed through
  std::function<void()> on_beat;
};

// Blocks the signals that are forwarded, in this thread and all started later; those the process was told to
// ignore (nohup) stay ignored. Call it before any thread is started.
void block_forwarded_signals();

// Runs the command to its end. Its standard input and environment are ours; its standard output and error are
// pipes, whose bytes go to ours. Where our reader is gone its pipe is closed, so it meets what it would have
// met. SIGINT, SIGTERM, SIGHUP and SIGQUIT are forwarded to its process group, which is its own; when we are
// killed, SIGKILL goes there too. Only in the foreground of a terminal it stays in ours, so that it can ask
// for a password and Ctrl-Z works: there the terminal itself sends Ctrl-C to it, and what somebody sends to
// us alone is forwarded to the command alone. Errors are about starting: `invalid` when there is no such
// program, `transient` when it cannot be run.
Result<ChildEnd> run_child(const std::vector<std::string>& command, const ChildObserver& observer,
                           const ChildOptions& options);

}  // namespace godwit::cli
