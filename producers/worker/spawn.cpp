#include "producers/worker/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace godwit::worker {
namespace {

// Everything the child needs, built before the fork: after it only async-signal-safe calls are allowed.
struct ChildPlan {
  std::vector<std::string> arguments, environment;
  std::vector<char*> argv, envp;
  int output = -1, error = -1, extra = -1, report = -1, null = -1;
  pid_t parent = -1;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

ChildPlan plan_child(const Command& command) {
  ChildPlan plan;
  plan.arguments.push_back(command.program);
  plan.arguments.insert(plan.arguments.end(), command.arguments.begin(), command.arguments.end());
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with("LANG=") && !text.starts_with("LC_") && !text.starts_with("LANGUAGE="))
      plan.environment.emplace_back(text);
  }
  plan.environment.emplace_back("LANG=C");
  plan.environment.emplace_back("LC_ALL=C");
  plan.argv = pointers(plan.arguments);
  plan.envp = pointers(plan.environment);
  plan.parent = getpid();
  return plan;
}

[[noreturn]] void child_fails(int report_fd) {
  const int reason = errno;
  // Nothing can be done when even this write fails; the exit code remains.
  [[maybe_unused]] const ssize_t written = write(report_fd, &reason, sizeof reason);
  _exit(127);
}

// Moves `fd` out of the way of the numbers the child is given.
int above_targets(int fd) { return fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, Command::extra_descriptor + 1); }

[[noreturn]] void become_tool(ChildPlan& plan) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The worker may have died before prctl took effect.
  if (getppid() != plan.parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGXFSZ})
    std::signal(signal, SIG_DFL);  // NOLINT(bugprone-unused-return-value)
  const int report = above_targets(plan.report);
  const int output = above_targets(plan.output);
  const int error = above_targets(plan.error);
  const int extra = above_targets(plan.extra);
  const bool in_place = dup2(plan.null, 0) >= 0 && dup2(output, 1) >= 0 && dup2(error, 2) >= 0 &&
                        (extra < 0 || dup2(extra, Command::extra_descriptor) >= 0);
  if (in_place) execvpe(plan.argv[0], plan.argv.data(), plan.envp.data());
  child_fails(report);
}

Error start_error(const Command& command, int reason) {
  std::string message = fmt::format("cannot start {}: {}", command.program, std::strerror(reason));
  const bool is_missing = reason == ENOENT || reason == EACCES || reason == ENOEXEC;
  return is_missing ? invalid_error(std::move(message)) : transient_error(std::move(message));
}

// Waits for exec: the report pipe closes when it succeeded, and carries errno when it did not.
int exec_errno(const Descriptor& report) {
  int reason = 0;
  ssize_t got = 0;
  do got = read(report.get(), &reason, sizeof reason);
  while (got < 0 && errno == EINTR);
  return got == sizeof reason ? reason : 0;
}

Result<Spawned> start(const Command& command, ChildPlan& plan, Pipe& report) {
  Spawned spawned;
  spawned.pid = fork();
  if (spawned.pid < 0) return start_error(command, errno);
  if (spawned.pid == 0) become_tool(plan);
  setpgid(spawned.pid, spawned.pid);  // also here: whoever comes first, the group is there before a kill
  report.write_end.close();
  if (const int reason = exec_errno(report.read_end); reason != 0) {
    waitpid(spawned.pid, nullptr, 0);
    return start_error(command, reason);
  }
  // glibc 2.36 declares pidfd_open without extern "C".
  spawned.pidfd = Descriptor{static_cast<int>(syscall(SYS_pidfd_open, spawned.pid, 0))};
  if (!spawned.pidfd.is_open()) {
    const int reason = errno;
    kill(-spawned.pid, SIGKILL);
    waitpid(spawned.pid, nullptr, 0);
    return start_error(command, reason);
  }
  return spawned;
}

}  // namespace

Result<Pipe> make_pipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0)
    return transient_error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  Pipe pipe{Descriptor{fds[0]}, Descriptor{fds[1]}};
  fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

Result<Spawned> spawn(const Command& command) {
  auto output = make_pipe();
  auto error = make_pipe();
  auto extra = make_pipe();
  auto report = make_pipe();
  const Descriptor null{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  for (const auto* pipe : {&output, &error, &extra, &report})
    if (!*pipe) return pipe->error();
  if (!null.is_open()) return transient_error(fmt::format("cannot open /dev/null: {}", std::strerror(errno)));
  fcntl(report->read_end.get(), F_SETFL, 0);  // this one is waited for

  ChildPlan plan = plan_child(command);
  plan.output = output->write_end.get();
  plan.error = error->write_end.get();
  plan.extra = command.has_extra_pipe ? extra->write_end.get() : -1;
  plan.report = report->write_end.get();
  plan.null = null.get();
  auto spawned = start(command, plan, *report);
  if (!spawned) return spawned;
  spawned->outputs[0] = std::move(output->read_end);
  spawned->outputs[1] = std::move(error->read_end);
  if (command.has_extra_pipe) spawned->outputs[2] = std::move(extra->read_end);
  return spawned;
}

}  // namespace godwit::worker
