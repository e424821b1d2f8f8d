#include "tests/unit/http/raw_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace godwit::http {

RawConnection::RawConnection(const std::string& address)
    : handle_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  closed_ = connect(handle_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0;
}

RawConnection::~RawConnection() { close(handle_); }

bool RawConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string RawConnection::read_until(std::string_view text) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!closed_ && (text.empty() || received_.find(text) == std::string::npos)) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    pollfd wanted{handle_, POLLIN, 0};
    if (left <= 0 || poll(&wanted, 1, static_cast<int>(left)) <= 0) break;
    std::array<char, 4096> piece{};
    const ssize_t got = recv(handle_, piece.data(), piece.size(), 0);
    if (got <= 0)
      closed_ = true;
    else
      received_.append(piece.data(), static_cast<std::size_t>(got));
  }
  return received_;
}

}  // namespace godwit::http
