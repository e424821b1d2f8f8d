#include "producers/worker/control_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "producers/worker/unix_socket.h"

namespace godwit::worker {
namespace {

bool send_line(const Descriptor& socket, std::string line) {
  line += '\n';
  for (std::string_view left = line; !left.empty();) {
    const ssize_t put = send(socket.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (put < 0 && errno != EINTR) return false;
    if (put > 0) left.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::listen(const std::string& path, Obey obey,
                                                             ControlSocketOptions options) {
  auto socket = listen_unix(path);
  if (!socket) return socket.error();
  return std::unique_ptr<ControlSocket>{
      new ControlSocket{path, std::move(*socket), std::move(obey), options}};  // NOLINT: private constructor
}

ControlSocket::ControlSocket(std::string path, Descriptor socket, Obey obey, ControlSocketOptions options)
    : path_(std::move(path)),
      socket_(std::move(socket)),
      obey_(std::move(obey)),
      options_(options),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this](const std::stop_token& stop) { serve(stop); }) {}

ControlSocket::~ControlSocket() {
  thread_.request_stop();
  eventfd_write(wake_.get(), 1);
  thread_.join();
  unlink(path_.c_str());
}

void ControlSocket::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> fds{{{socket_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0 || fds[0].revents == 0) continue;
    const Descriptor client{accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (client.is_open()) serve_client(client, stop);
  }
}

void ControlSocket::serve_client(const Descriptor& client, const std::stop_token& stop) {
  std::string unread;
  std::array<char, 256> buffer{};
  while (!stop.stop_requested() && unread.size() <= options_.line_bytes_max) {
    if (const std::size_t end = unread.find('\n'); end != std::string::npos) {
      if (!send_line(client, answer(std::string_view{unread}.substr(0, end)))) return;
      unread.erase(0, end + 1);
      continue;
    }
    std::array<pollfd, 2> fds{{{client.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), static_cast<int>(options_.client_wait_max.count())) == 0) return;
    if (fds[0].revents == 0) continue;
    const ssize_t got = read(client.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    unread.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string ControlSocket::answer(std::string_view line) const {
  const auto order = parse_order(line);
  if (!order) return "error: " + order.error().message;
  const Status done = obey_(*order);
  return done ? "ok" : "error: " + done.error().message;
}

Status give_order(const std::string& path, const std::string& line) {
  const auto socket = connect_unix(path);
  if (!socket) return socket.error();
  if (!send_line(*socket, line)) return transient_error(fmt::format("{}: {}", path, std::strerror(errno)));
  std::string said;
  std::array<char, 256> buffer{};
  while (said.find('\n') == std::string::npos) {
    const ssize_t got = read(socket->get(), buffer.data(), buffer.size());
    if (got <= 0) return transient_error(fmt::format("{}: no answer", path));
    said.append(buffer.data(), static_cast<std::size_t>(got));
  }
  said.resize(said.find('\n'));
  if (said == "ok") return Done{};
  return invalid_error(said.starts_with("error: ") ? said.substr(7) : said);
}

}  // namespace godwit::worker
