#include "common/base/durable.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/base/descriptor.h"

namespace godwit {
namespace {

Error failed(std::string_view what, const std::string& path) {
  return transient_error(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

Status sync(const std::string& path, int flags) {
  const Descriptor file{::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC)};
  if (file.is_open() && fsync(file.get()) == 0) return Done{};
  return failed("sync", path);
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Status sync_file(const std::string& path) { return sync(path, 0); }
Status sync_directory(const std::string& path) { return sync(path, O_DIRECTORY); }

Status rename_durably(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return failed("rename to", to);
  return sync_directory(directory_of(to));
}

Status write_durably(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string part = path + ".part";
  ::unlink(part.c_str());  // of a crash; its mode may forbid writing
  {
    const Descriptor file{::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
    if (!file.is_open()) return failed("create", part);
    for (std::string_view left = bytes; !left.empty();) {
      const ssize_t written = ::write(file.get(), left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed("write", part);
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    if (fsync(file.get()) != 0) return failed("sync", part);
  }
  return rename_durably(part, path);
}

}  // namespace godwit
