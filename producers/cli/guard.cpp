#include "producers/cli/guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace godwit::cli {
namespace {

// Between fork and its end the guard may only do what a signal handler may: we have threads.
[[noreturn]] void watch(int line) {
  setpgid(0, 0);
  // Nothing of ours may stay open because of it: not the reader's end of a pipe, not the lock of a spool.
  const auto fd = static_cast<unsigned>(line);
  if (fd > 0) close_range(0, fd - 1, 0);
  close_range(fd + 1, ~0U, 0);
  pid_t command = 0;
  for (;;) {
    pid_t named = 0;
    const ssize_t got = read(line, &named, sizeof named);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    command = named;
  }
  if (command > 0) kill(command, SIGKILL);
  kill(0, SIGKILL);
  _exit(0);
}

}  // namespace

Result<Guard> Guard::start() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return transient_error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  const Descriptor theirs{ends[0]};
  Descriptor ours{ends[1]};
  // It begins with every signal blocked, so that none of the group's can end it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) watch(theirs.get());
  const int reason = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return transient_error(fmt::format("cannot start a process: {}", std::strerror(reason)));
  setpgid(pid, pid);  // also here: whoever comes first, the group is there when a command joins it
  return Guard{pid, std::move(ours)};
}

Guard::Guard(Guard&& other) noexcept : pid_(std::exchange(other.pid_, -1)), line_(std::move(other.line_)) {}

Guard::~Guard() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Guard::name(pid_t command) const {
  // Without a guard nothing more can be done.
  [[maybe_unused]] const ssize_t written = write(line_.get(), &command, sizeof command);
}

}  // namespace godwit::cli
