#include "producers/worker/unix_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace godwit::worker {
namespace {

constexpr int backlog = 8;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return invalid_error(
        fmt::format("{}: a socket's path has 1 to {} bytes", path, sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Error failed(const std::string& path) {
  return transient_error(fmt::format("{}: {}", path, std::strerror(errno)));
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // NOLINT: the socket API is made so
}

}  // namespace

Result<Descriptor> connect_unix(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return address.error();
  Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!socket.is_open() || connect(socket.get(), generic(*address), sizeof *address) != 0)
    return failed(path);
  return socket;
}

Result<Descriptor> listen_unix(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return address.error();
  if (connect_unix(path)) return invalid_error(fmt::format("{}: is in use", path));
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) unlink(path.c_str());
  Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket.is_open()) return failed(path);
  const mode_t before = umask(0177);
  const int bound = bind(socket.get(), generic(*address), sizeof *address);
  const int reason = errno;
  umask(before);
  errno = reason;
  if (bound != 0 || listen(socket.get(), backlog) != 0) return failed(path);
  return socket;
}

}  // namespace godwit::worker
