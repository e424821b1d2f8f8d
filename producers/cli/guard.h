// Guard: a small process beside ours that ends a command when we are killed before we could.
#pragma once

#include <sys/types.h>

#include <utility>

#include "common/base/descriptor.h"
#include "common/base/result.h"

namespace godwit::cli {

// It lives until its owner is destroyed, or dies in whatever way: then it sends SIGKILL to its process group,
// itself included, and to the command that was named to it. A command that shall be ended with all that it
// starts joins group(). Stop signals sent to the group do not reach the guard. `transient` when there is no
// room for a process.
class Guard {
 public:
  static Result<Guard> start();
  ~Guard();
  Guard(Guard&& other) noexcept;
  Guard& operator=(Guard&&) = delete;

  pid_t group() const { return pid_; }
  // A command outside of its group, not yet reaped.
  void name(pid_t command) const;

 private:
  Guard(pid_t pid, Descriptor line) : pid_(pid), line_(std::move(line)) {}

  pid_t pid_;
  Descriptor line_;  // our end; the guard sees it close
};

}  // namespace godwit::cli
