#include "common/http/stream_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <unordered_map>

#include "common/base/log.h"
#include "common/http/live_connection.h"

namespace godwit::http {
namespace {

using Connection = std::shared_ptr<LiveConnection>;

constexpr std::chrono::milliseconds beat_interval{250};
constexpr std::size_t events_max = 512;

class StreamLoop final : public StreamServer {
 public:
  StreamLoop(const LiveLimits& limits, Descriptor epoll, Descriptor bell)
      : limits_(limits), epoll_(std::move(epoll)), bell_(std::move(bell)) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = bell_.get();
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, bell_.get(), &event);
    thread_ = std::jthread{[this] { run(); }};
  }
  ~StreamLoop() override { stop(std::chrono::milliseconds{0}); }

  bool reserve() override {
    if (places_.fetch_add(1) < limits_.streams_max) return true;
    places_.fetch_sub(1);
    const std::lock_guard lock{mutex_};
    ++stats_.refused_total;
    return false;
  }
  void give_back() override { places_.fetch_sub(1); }

  void adopt(Descriptor socket, std::string head, std::shared_ptr<const LiveStream> stream) override {
    auto connection = std::make_shared<LiveConnection>(std::move(socket), stream, limits_,
                                                       [this](Connection woken) { wake(std::move(woken)); });
    {
      const std::lock_guard lock{mutex_};
      ++stats_.opened_total;
      newcomers_.push_back(connection);
    }
    connection->send({std::make_shared<const std::string>(std::move(head))});
    stream->begin(connection);
    ring();
  }

  void stop(std::chrono::milliseconds timeout) override {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock{mutex_};
      stop_by_ = Steady::now() + timeout;
    }
    ring();
    thread_.join();
  }

  LiveStats stats() const override {
    const std::lock_guard lock{mutex_};
    LiveStats out = stats_;
    out.open = places_.load();
    return out;
  }

 private:
  void ring() const {
    const std::uint64_t one = 1;
    std::ignore = ::write(bell_.get(), &one, sizeof one);
  }

  void wake(Connection connection) {
    bool first = false;
    {
      const std::lock_guard lock{mutex_};
      first = woken_.empty();
      woken_.push_back(std::move(connection));
    }
    if (first) ring();
  }

  void run() {
    std::array<epoll_event, events_max> events{};
    auto next_beat = Steady::now() + beat_interval;
    while (true) {
      const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(beat_interval.count()));
      for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)]);
      take_mail();
      const auto now = Steady::now();
      if (now >= next_beat) {
        next_beat = now + beat_interval;
        beat(now);
      }
      if (is_over(now)) break;
    }
    while (!open_.empty()) drop(open_.begin()->second, "stopped");
  }

  // Says good-bye to everybody once; over when all have gone or the time is up.
  bool is_over(Steady::time_point now) {
    const auto by = [this] {
      const std::lock_guard lock{mutex_};
      return stop_by_;
    }();
    if (!by) return false;
    if (!said_bye_) {
      said_bye_ = true;
      std::vector<Connection> all;
      for (const auto& [fd, connection] : open_) all.push_back(connection);
      for (const Connection& connection : all) {
        connection->say_bye();
        flush(connection);
      }
    }
    return open_.empty() || now >= *by;
  }

  void serve(const epoll_event& event) {
    if (event.data.fd == bell_.get()) {
      std::uint64_t rings = 0;
      std::ignore = ::read(bell_.get(), &rings, sizeof rings);
      return;
    }
    const auto found = open_.find(event.data.fd);
    if (found == open_.end()) return;  // dropped by an event before this one
    const Connection connection = found->second;
    if ((event.events & EPOLLIN) != 0 && !connection->read()) return drop(connection, "left");
    if ((event.events & (EPOLLHUP | EPOLLERR)) != 0) return drop(connection, "left");
    if ((event.events & EPOLLOUT) != 0) flush(connection);
  }

  void take_mail() {
    std::vector<Connection> newcomers, woken;
    {
      const std::lock_guard lock{mutex_};
      newcomers.swap(newcomers_);
      woken.swap(woken_);
    }
    for (Connection& connection : newcomers) {
      epoll_event event{};
      event.events = EPOLLIN | EPOLLRDHUP;
      event.data.fd = connection->socket();
      if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection->socket(), &event) != 0) {
        connection->close("broken");
        give_back();
        continue;
      }
      open_.emplace(connection->socket(), std::move(connection));
    }
    for (const Connection& connection : woken)
      if (!connection->closed()) flush(connection);
  }

  void flush(const Connection& connection) {
    const auto flow = connection->write();
    if (flow == LiveConnection::Flow::over) return drop(connection, "ended");
    const bool blocked = flow == LiveConnection::Flow::blocked;
    if (blocked == connection->watching_output) return;
    connection->watching_output = blocked;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | (blocked ? EPOLLOUT : 0U);
    event.data.fd = connection->socket();
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection->socket(), &event);
  }

  void beat(Steady::time_point now) {
    std::vector<Connection> late;
    for (const auto& [fd, connection] : open_)
      if (!connection->beat(now)) late.push_back(connection);
    for (const Connection& connection : late) drop(connection, "slow");
  }

  // By value: the place it came from may be the table it is taken out of.
  // NOLINTNEXTLINE(performance-unnecessary-value-param)
  void drop(Connection connection, const std::string& reason) {
    if (open_.erase(connection->socket()) == 0) return;
    connection->close(reason);
    give_back();
    const std::lock_guard lock{mutex_};
    ++stats_.closed_total[connection->reason()];
    if (connection->reason() == "slow" || connection->reason() == "overflow")
      log_info("a live stream was cut off, since its client did not read: {}", connection->reason());
  }

  const LiveLimits limits_;
  const Descriptor epoll_;
  const Descriptor bell_;
  std::atomic<std::size_t> places_{0};

  mutable std::mutex mutex_;
  std::vector<Connection> newcomers_, woken_;  // by mutex_
  LiveStats stats_;                            // by mutex_
  std::optional<Steady::time_point> stop_by_;  // by mutex_

  // Of the thread.
  std::unordered_map<int, Connection> open_;
  bool said_bye_ = false;
  std::jthread thread_;
};

// A stream needs a descriptor, and the usual soft limit is 1,024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result<std::unique_ptr<StreamServer>> start_stream_loop(const LiveLimits& limits) {
  raise_descriptor_limit();
  Descriptor epoll{epoll_create1(EPOLL_CLOEXEC)};
  Descriptor bell{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!epoll.is_open() || !bell.is_open())
    return fatal_error(std::string{"live streams cannot be served: "} + std::strerror(errno));
  return std::unique_ptr<StreamServer>{
      std::make_unique<StreamLoop>(limits, std::move(epoll), std::move(bell))};
}

}  // namespace godwit::http
