#include "tests/bench/stream_clients.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <string_view>

namespace godwit::bench {
namespace {

constexpr std::string_view mark = R"("at":)";

}  // namespace

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

StreamClients::~StreamClients() {
  stop();
  for (const int socket : sockets_) ::close(socket);
}

bool StreamClients::open(std::uint16_t port, const std::string& request) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool ok =
      handle >= 0 && ::connect(handle, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
      ::send(handle, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  if (!ok && handle >= 0) ::close(handle);
  if (ok) sockets_.push_back(handle);
  return ok;
}

void StreamClients::start(std::int64_t warm_up_ns) {
  partial_.resize(sockets_.size());
  thread_ = std::jthread{[this, warm_up_ns](const std::stop_token& stop) { run(stop, warm_up_ns); }};
}

void StreamClients::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void StreamClients::run(const std::stop_token& stop, std::int64_t warm_up_ns) {
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, sockets_[i], &event);
  }
  std::array<epoll_event, 512> events{};
  std::array<char, 65'536> bytes{};
  while (!stop.stop_requested()) {
    const int count = epoll_wait(poll, events.data(), static_cast<int>(events.size()), 50);
    for (int i = 0; i < count; ++i) {
      const auto client = static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
      const ssize_t got = recv(sockets_[client], bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (got > 0)
        take(client, bytes.data(), static_cast<std::size_t>(got), warm_up_ns);
      else if (got == 0)
        epoll_ctl(poll, EPOLL_CTL_DEL, sockets_[client], nullptr);
    }
  }
  ::close(poll);
}

void StreamClients::take(std::size_t client, const char* bytes, std::size_t count, std::int64_t warm_up_ns) {
  const std::int64_t now = now_ns();
  std::string& text = partial_[client];
  text.append(bytes, count);
  std::size_t used = 0;
  for (std::size_t end = 0; (end = text.find("\n\n", used)) != std::string::npos; used = end + 2) {
    const std::string_view frame = std::string_view{text}.substr(used, end - used);
    const std::size_t at = frame.find(mark);
    if (at == std::string_view::npos) continue;
    std::int64_t made = 0;
    std::from_chars(frame.data() + at + mark.size(), frame.data() + frame.size(), made);
    events_.fetch_add(1, std::memory_order_relaxed);
    if (made >= warm_up_ns) latencies_us_.push_back(static_cast<std::uint32_t>((now - made) / 1000));
  }
  text.erase(0, used);
}

double StreamClients::quantile_ms(double q) {
  if (latencies_us_.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(latencies_us_.size() - 1));
  const auto place = latencies_us_.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(latencies_us_.begin(), place, latencies_us_.end());
  return static_cast<double>(*place) / 1000;
}

}  // namespace godwit::bench
