#include "common/service/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>

#include "common/base/log.h"

namespace godwit::service {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void block_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is then an error of the write, as a full disk is
}

bool wait_for_stop_signal(std::optional<Millis> timeout) {
  const sigset_t set = stop_signals();
  if (!timeout) {
    int signal = 0;
    while (sigwait(&set, &signal) != 0) {
    }
    return true;
  }
  const timespec limit{.tv_sec = timeout->count() / 1000, .tv_nsec = (timeout->count() % 1000) * 1'000'000};
  int result = 0;
  do {
    result = sigtimedwait(&set, nullptr, &limit);
  } while (result < 0 && errno == EINTR);
  return result > 0;
}

void block_reload_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Told wait_to_be_told() {
  sigset_t set = stop_signals();
  sigaddset(&set, SIGHUP);
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  return signal == SIGHUP ? Told::reload : Told::stop;
}

void end_at_the_latest(Millis timeout, int status) {
  std::thread{[timeout, status] {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock{mutex};
    never.wait_for(lock, timeout, [] { return false; });
    log_warn("the clean stop took longer than {} ms, ending now", timeout.count());
    std::_Exit(status);
  }}.detach();
}

}  // namespace godwit::service
