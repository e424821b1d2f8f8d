#include "common/http/takeover.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace godwit::http {
namespace {

struct End {
  std::array<char, INET6_ADDRSTRLEN> host{};
  int port = 0;
};

// The numeric address of one end of a socket; port 0 when it is no TCP socket.
template <class GetName>
End end_of(int fd, GetName get_name) {
  End out;
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (get_name(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return out;
  if (storage.ss_family == AF_INET) {
    const auto* in4 = reinterpret_cast<const sockaddr_in*>(&storage);
    inet_ntop(AF_INET, &in4->sin_addr, out.host.data(), out.host.size());
    out.port = ntohs(in4->sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    inet_ntop(AF_INET6, &in6->sin6_addr, out.host.data(), out.host.size());
    out.port = ntohs(in6->sin6_port);
  }
  return out;
}

// CivetWeb does not tell the descriptor, but the two ends of a connection are its alone.
int descriptor_of(const mg_request_info& info) {
  for (int fd = 3; fd < taken_descriptors_from; ++fd) {
    const End peer = end_of(fd, getpeername);
    if (peer.port == 0 || peer.port != info.remote_port ||
        std::string_view{peer.host.data()} != info.remote_addr)
      continue;
    if (end_of(fd, getsockname).port == info.server_port) return fd;
  }
  return -1;
}

}  // namespace

Result<Descriptor> take_over(mg_connection* connection) {
  const int fd = descriptor_of(*mg_get_request_info(connection));
  if (fd < 0) return transient_error("the connection's socket was not found");
  Descriptor own{fcntl(fd, F_DUPFD_CLOEXEC, taken_descriptors_from)};
  std::array<int, 2> pair{-1, -1};
  if (!own.is_open() || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return transient_error("there are no descriptors left");
  const Descriptor nowhere{pair[0]};
  const Descriptor other{pair[1]};
  if (dup3(nowhere.get(), fd, O_CLOEXEC) < 0)
    return transient_error("the connection could not be taken over");
  fcntl(own.get(), F_SETFL, fcntl(own.get(), F_GETFL) | O_NONBLOCK);
  const int yes = 1;
  setsockopt(own.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return own;
}

}  // namespace godwit::http
