#include "producers/worker/qmp.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "producers/worker/unix_socket.h"

namespace godwit::worker {
namespace {

using parse::QmpMessage;
using Steady = std::chrono::steady_clock;

constexpr int connect_pause_ms = 20;

int left_ms(Steady::time_point deadline) {
  return static_cast<int>(
      std::max<std::int64_t>(0, std::chrono::ceil<Millis>(deadline - Steady::now()).count()));
}

// One that is starting has no socket yet, or one that does not listen yet.
Result<Descriptor> connect_patiently(const std::string& path, Steady::time_point deadline,
                                     const std::function<bool()>& is_alive) {
  for (;;) {
    auto socket = connect_unix(path);
    if (socket || socket.error().kind == ErrorKind::invalid || !is_alive() || Steady::now() >= deadline)
      return socket;
    poll(nullptr, 0, connect_pause_ms);
  }
}

}  // namespace

Result<std::unique_ptr<Qmp>> Qmp::connect(const std::string& path, const std::function<bool()>& is_alive,
                                          QmpOptions options) {
  const auto deadline = Steady::now() + options.connect_wait_max;
  auto socket = connect_patiently(path, deadline, is_alive);
  if (!socket) return socket.error();
  std::unique_ptr<Qmp> qmp{new Qmp{std::move(*socket), options}};  // NOLINT: the constructor is private
  const auto greeting = qmp->read_until(deadline);
  if (!greeting) return greeting.error();
  if (!*greeting || (*greeting)->kind != QmpMessage::Kind::greeting)
    return transient_error("qemu-storage-daemon does not greet");
  if (const auto ready = qmp->call("qmp_capabilities"); !ready) return ready.error();
  return qmp;
}

Result<std::string> Qmp::call(std::string_view command, std::string_view arguments) {
  std::string line = parse::qmp_command(command, arguments);
  for (std::string_view left = line; !left.empty();) {
    const ssize_t put = send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (put < 0 && errno != EINTR)
      return transient_error(fmt::format("{}: {}", command, std::strerror(errno)));
    if (put > 0) left.remove_prefix(static_cast<std::size_t>(put));
  }
  const auto deadline = Steady::now() + options_.answer_wait_max;
  for (;;) {
    auto message = read_until(deadline);
    if (!message) return message.error();
    if (!*message)
      return transient_error(
          fmt::format("{}: no answer within {} ms", command, options_.answer_wait_max.count()));
    switch ((*message)->kind) {
      case QmpMessage::Kind::answer:
        return std::move((*message)->json);
      case QmpMessage::Kind::refusal:
        return transient_error(fmt::format("{}: {}", command, (*message)->text));
      case QmpMessage::Kind::event:
        if (events_.size() >= options_.events_max) events_.pop_front();
        events_.push_back(std::move(**message));
        break;
      case QmpMessage::Kind::greeting:
        break;
    }
  }
}

Result<std::optional<QmpMessage>> Qmp::next_event(Millis wait) {
  if (!events_.empty()) {
    std::optional<QmpMessage> event = std::move(events_.front());
    events_.pop_front();
    return event;
  }
  return read_until(Steady::now() + wait);
}

Result<std::optional<QmpMessage>> Qmp::read_until(Steady::time_point deadline) {
  for (;;) {
    if (const std::size_t end = unread_.find('\n'); end != std::string::npos) {
      auto message = parse::qmp_message(std::string_view{unread_}.substr(0, end));
      unread_.erase(0, end + 1);
      if (!message) return message.error();
      return std::optional{std::move(*message)};
    }
    if (Steady::now() >= deadline) return std::optional<QmpMessage>{};
    if (const Status filled = fill(deadline); !filled) return filled.error();
  }
}

Status Qmp::fill(Steady::time_point deadline) {
  pollfd readable{socket_.get(), POLLIN, 0};
  if (poll(&readable, 1, left_ms(deadline)) <= 0) return Done{};
  std::array<char, 65536> buffer{};
  const ssize_t got = read(socket_.get(), buffer.data(), buffer.size());
  if (got == 0) return transient_error("qemu-storage-daemon has closed its monitor");
  if (got < 0 && errno != EINTR) return transient_error(std::strerror(errno));
  if (got > 0) unread_.append(buffer.data(), static_cast<std::size_t>(got));
  if (unread_.size() > options_.line_bytes_max) return transient_error("a QMP line is too long");
  return Done{};
}

}  // namespace godwit::worker
