#include "producers/cli/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include "common/base/descriptor.h"
#include "producers/cli/guard.h"

namespace godwit::cli {
namespace {

using Steady = std::chrono::steady_clock;

// How long a forwarder that is no longer needed may still wait for a signal.
constexpr timespec signal_wait{.tv_sec = 0, .tv_nsec = 50'000'000};

sigset_t forwarded_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    struct sigaction now {};
    if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  return set;
}

bool owns_terminal() {
  const Descriptor terminal{open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  return terminal.is_open() && tcgetpgrp(terminal.get()) == getpgrp();
}

// A pipe: our end to read, the child's to write.
struct Pipe {
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    // Above the numbers a child is given: none of them may be closed or replaced on the way.
    read_end = above(Descriptor{ends[0]});
    write_end = above(Descriptor{ends[1]});
    return read_end.is_open() && write_end.is_open() && fcntl(read_end.get(), F_SETFL, O_NONBLOCK) == 0;
  }
  static Descriptor above(const Descriptor& given) {
    constexpr int lowest = 100;
    return Descriptor{fcntl(given.get(), F_DUPFD_CLOEXEC, lowest)};
  }

  Descriptor read_end, write_end;
};

// Hands signals on for as long as it lives, which must be shorter than until the child is reaped.
class Forwarder {
 public:
  // `group` is the command's own; 0: it has none.
  Forwarder(pid_t child, pid_t group) : child_(child), group_(group) {}
  std::optional<int> last() const {
    const int signal = last_;
    return signal == 0 ? std::nullopt : std::optional{signal};
  }

 private:
  void forward(const std::stop_token& stop) {
    const sigset_t set = forwarded_signals();
    while (!stop.stop_requested()) {
      siginfo_t info{};
      const int signal = sigtimedwait(&set, &info, &signal_wait);
      if (signal <= 0) continue;
      last_ = signal;
      if (group_ > 0) {
        kill(-group_, signal);
      } else if (info.si_code != SI_KERNEL) {  // else the terminal has sent it to the child, too
        kill(child_, signal);
      }
    }
  }

  pid_t child_, group_;
  std::atomic<int> last_ = 0;
  std::jthread thread_{[this](const std::stop_token& stop) { forward(stop); }};
};

// Waits for a reader that is slow; false when there is none any more.
bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd room{fd, POLLOUT, 0};
      poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

class Run {
 public:
  Run(const ChildObserver& observer, const ChildOptions& options) : observer_(observer), options_(options) {}

  Status start(const std::vector<std::string>& command) {
    for (Pipe& pipe : pipes_)
      if (!pipe.open()) return transient_error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    auto guard = Guard::start();
    if (!guard) return guard.error();
    guard_.emplace(std::move(*guard));
    const int failed = spawn(command);
    for (Pipe& pipe : pipes_) pipe.write_end.close();
    if (failed == ENOENT) return invalid_error(fmt::format("{}: no such program", command.front()));
    if (failed != 0) return transient_error(fmt::format("{}: {}", command.front(), std::strerror(failed)));
    return Done{};
  }

  ChildEnd until_end() {
    // glibc 2.36 declares pidfd_open without extern "C".
    const Descriptor exited{static_cast<int>(syscall(SYS_pidfd_open, child_, 0))};
    ChildEnd end;
    {
      const Forwarder forwarder{child_, group_};
      while (!poll_once(exited.get())) {
      }
      drain();
      end.stop_signal = forwarder.last();
    }
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status))
      end.signal = WTERMSIG(status);
    else
      end.code = WEXITSTATUS(status);
    return end;
  }

 private:
  int spawn(const std::vector<std::string>& command) {
    std::vector<std::string> texts = command;
    std::vector<char*> argv;
    argv.reserve(texts.size() + 1);
    for (std::string& text : texts) argv.push_back(text.data());
    argv.push_back(nullptr);
    group_ = owns_terminal() ? 0 : guard_->group();

    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (const int signal : {SIGPIPE, SIGXFSZ}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &defaults);
    posix_spawnattr_setpgroup(&how, group_);
    const int group = group_ > 0 ? POSIX_SPAWN_SETPGROUP : 0;
    posix_spawnattr_setflags(&how,
                             static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, pipes_[0].write_end.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, pipes_[1].write_end.get(), STDERR_FILENO);
    if (options_.progress_fd > 0)
      posix_spawn_file_actions_adddup2(&files, pipes_[2].write_end.get(), options_.progress_fd);
    const int failed = posix_spawnp(&child_, argv[0], &files, &how, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    if (failed == 0 && group_ == 0) guard_->name(child_);
    return failed;
  }

  // True when the child has ended.
  bool poll_once(int exited) {
    std::array<pollfd, 4> fds{};
    for (std::size_t i = 0; i < pipes_.size(); ++i) fds[i] = {pipes_[i].read_end.get(), POLLIN, 0};
    fds[3] = {exited, POLLIN, 0};
    const auto wait =
        std::clamp(std::chrono::ceil<Millis>(next_beat_ - Steady::now()), Millis{0}, options_.beat_interval);
    const int ready = poll(fds.data(), fds.size(), static_cast<int>(wait.count()));
    for (std::size_t i = 0; ready > 0 && i < pipes_.size(); ++i)
      if (fds[i].revents != 0) read_some(i);
    if (Steady::now() >= next_beat_) {
      observer_.on_beat();
      next_beat_ = Steady::now() + options_.beat_interval;
    }
    return exited >= 0 ? ready > 0 && fds[3].revents != 0 : has_ended();
  }

  // For a system that gives no pidfd: asked at every beat.
  bool has_ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0;
  }

  // A descendant may hold the pipes open for ever, hence the bound.
  void drain() {
    const auto deadline = Steady::now() + options_.drain_wait_max;
    bool found = true;
    while (found && Steady::now() < deadline) {
      found = false;
      for (std::size_t i = 0; i < pipes_.size(); ++i)
        if (pipes_[i].read_end.is_open()) found = read_some(i) || found;
    }
  }

  // One read; true when there was something.
  bool read_some(std::size_t index) {
    Pipe& pipe = pipes_[index];
    const ssize_t got = read(pipe.read_end.get(), buffer_.data(), buffer_.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0) {
      pipe.read_end.close();
      return false;
    }
    const std::string_view bytes{buffer_.data(), static_cast<std::size_t>(got)};
    if (index < 2 && !write_all(index == 0 ? STDOUT_FILENO : STDERR_FILENO, bytes)) pipe.read_end.close();
    observer_.on_bytes(static_cast<Stream>(index), bytes);
    return true;
  }

  const ChildObserver& observer_;
  const ChildOptions& options_;
  std::array<Pipe, 3> pipes_;  // indexed by Stream
  std::optional<Guard> guard_;
  pid_t child_ = -1, group_ = 0;
  Steady::time_point next_beat_ = Steady::now();
  std::array<char, 65536> buffer_{};
};

}  // namespace

void block_forwarded_signals() {
  const sigset_t set = forwarded_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(bugprone-unused-return-value)
  std::signal(SIGXFSZ,
              SIG_IGN);  // NOLINT(bugprone-unused-return-value): a full spool is an error of its write
}

Result<ChildEnd> run_child(const std::vector<std::string>& command, const ChildObserver& observer,
                           const ChildOptions& options) {
  Run run{observer, options};
  if (const Status started = run.start(command); !started) return started.error();
  return run.until_end();
}

}  // namespace godwit::cli
