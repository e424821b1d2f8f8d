#include "producers/worker/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include "producers/worker/spawn.h"

namespace godwit::worker {
namespace {

using Steady = std::chrono::steady_clock;

// One run: reads what the tool writes until it has ended, and ends it when told to.
class Run {
 public:
  Run(Spawned spawned, const OutputSink& sink, Control* control, const SubprocessOptions& options)
      : child_(std::move(spawned)),
        sink_(sink),
        control_(control),
        options_(options),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  Exit until_exit(const std::stop_token& stop) {
    // poll() must wake up when another thread wants something.
    const auto wake = [this] { eventfd_write(wake_.get(), 1); };
    const std::stop_callback on_stop{stop, wake};
    std::optional<Control::Listener> on_request;
    if (control_ != nullptr) on_request.emplace(*control_, wake);
    while (!has_exited_) {
      step(stop.stop_requested());
    }
    drain();
    // The tool is dead but not reaped, so its group's number is still its own.
    kill(-child_.pid, SIGKILL);
    int status = 0;
    while (waitpid(child_.pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) return {.code = std::nullopt, .signal = WTERMSIG(status)};
    return {.code = WEXITSTATUS(status), .signal = std::nullopt};
  }

 private:
  enum class Ending { not_asked, asked, killed };

  void step(bool stop_requested) {
    if (stop_requested)
      end_gradually();
    else if (control_ != nullptr)
      stand_still(control_->obey());
    int timeout_ms = control_ == nullptr ? -1 : static_cast<int>(options_.beat_interval.count());
    if (ending_ == Ending::asked)
      timeout_ms = static_cast<int>(
          std::max<std::int64_t>(0, std::chrono::ceil<Millis>(next_step_at_ - Steady::now()).count()));
    poll_once(timeout_ms);
    if (control_ != nullptr) control_->beat();
  }

  void stand_still(bool wanted) {
    if (wanted == std::exchange(stands_still_, wanted)) return;
    kill(-child_.pid, wanted ? SIGSTOP : SIGCONT);
  }

  // One stronger request each time the bound of the one before has passed.
  void end_gradually() {
    if (ending_ != Ending::not_asked && Steady::now() < next_step_at_) return;
    switch (ending_) {
      case Ending::not_asked:
        kill(-child_.pid, SIGTERM);
        stand_still(false);  // a stopped tool hears nothing
        ending_ = Ending::asked;
        next_step_at_ = Steady::now() + options_.terminate_wait_max;
        return;
      case Ending::asked:
        kill(-child_.pid, SIGKILL);
        ending_ = Ending::killed;
        return;
      case Ending::killed:
        return;
    }
  }

  void poll_once(int timeout_ms) {
    std::array<pollfd, 5> fds{};
    for (std::size_t i = 0; i < 3; ++i) fds[i] = {child_.outputs[i].get(), POLLIN, 0};
    fds[3] = {child_.pidfd.get(), POLLIN, 0};
    fds[4] = {wake_.get(), POLLIN, 0};
    if (poll(fds.data(), fds.size(), timeout_ms) < 0) return;  // EINTR: the next turn looks again
    for (std::size_t i = 0; i < 3; ++i)
      if (fds[i].revents != 0) read_some(i);
    has_exited_ = fds[3].revents != 0;
    if (eventfd_t heard = 0; fds[4].revents != 0) eventfd_read(wake_.get(), &heard);
  }

  // What lies in the pipes after the exit. A descendant may hold them open, hence the bound.
  void drain() {
    const auto deadline = Steady::now() + options_.drain_wait_max;
    const auto is_open = [](const Descriptor& d) { return d.is_open(); };
    bool found = true;
    while (found && Steady::now() < deadline &&
           std::any_of(child_.outputs.begin(), child_.outputs.end(), is_open)) {
      found = false;
      for (std::size_t i = 0; i < 3; ++i)
        if (child_.outputs[i].is_open()) found = read_some(i) || found;
    }
  }

  // One read; true when there was something.
  bool read_some(std::size_t index) {
    const ssize_t got = read(child_.outputs[index].get(), buffer_.data(), buffer_.size());
    if (got > 0) {
      sink_(static_cast<Channel>(index), {buffer_.data(), static_cast<std::size_t>(got)});
      return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) child_.outputs[index].close();
    return false;
  }

  Spawned child_;
  const OutputSink& sink_;
  Control* control_;
  const SubprocessOptions& options_;
  Descriptor wake_;
  Ending ending_ = Ending::not_asked;
  Steady::time_point next_step_at_;
  bool has_exited_ = false;
  bool stands_still_ = false;
  std::array<char, 65536> buffer_{};
};

}  // namespace

Result<Exit> Subprocess::run(const Command& command, const OutputSink& sink, std::stop_token stop) {
  auto spawned = spawn(command);
  if (!spawned) return spawned.error();
  Run run{std::move(*spawned), sink, control_, options_};
  return run.until_exit(stop);
}

bool is_on_path(std::string_view program) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    if (access(fmt::format("{}/{}", folder, program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
  }
  return false;
}

}  // namespace godwit::worker
