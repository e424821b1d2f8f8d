#include "common/http/listen.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <tuple>

namespace godwit::http {
namespace {

Error malformed(std::string_view text) {
  return invalid_error(
      fmt::format("'{}' is not HOST:PORT such as 127.0.0.1:8080 or [::1]:8080", text.substr(0, 300)));
}

Result<ListenAddress> resolve(ListenAddress address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), nullptr, &hints, &found) != 0 || found == nullptr)
    return invalid_error(fmt::format("the host '{}' to listen on has no address", address.host));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, &freeaddrinfo};
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) !=
      0)
    return invalid_error(fmt::format("the host '{}' to listen on has no address", address.host));
  address.numeric = text.data();
  address.ipv6 = found->ai_family == AF_INET6;
  return address;
}

}  // namespace

Result<ListenAddress> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return malformed(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  constexpr std::size_t host_bytes_max = 255;
  const bool has_colon = host.find(':') != std::string_view::npos;
  if (host.empty() || host.size() > host_bytes_max || has_colon != bracketed) return malformed(text);
  ListenAddress address;
  address.host = host;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size()) return malformed(text);
  return resolve(std::move(address));
}

std::string host_and_port(const ListenAddress& address, std::uint16_t port) {
  const bool brackets = address.host.find(':') != std::string::npos;
  return brackets ? fmt::format("[{}]:{}", address.host, port) : fmt::format("{}:{}", address.host, port);
}

void knock(const ListenAddress& address, std::uint16_t port) {
  const int family = address.ipv6 ? AF_INET6 : AF_INET;
  const int handle = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (handle < 0) return;
  sockaddr_storage to{};
  socklen_t size = 0;
  // Connecting to the address that stands for all of them reaches this machine.
  if (address.ipv6) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    inet_pton(AF_INET6, address.numeric.c_str(), &in6.sin6_addr);
    size = sizeof in6;
    std::memcpy(&to, &in6, size);
  } else {
    sockaddr_in in4{};
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    inet_pton(AF_INET, address.numeric.c_str(), &in4.sin_addr);
    size = sizeof in4;
    std::memcpy(&to, &in4, size);
  }
  std::ignore = connect(handle, reinterpret_cast<const sockaddr*>(&to), size);
  close(handle);
}

}  // namespace godwit::http
