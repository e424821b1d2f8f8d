#include "producers/worker/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace godwit::worker {
namespace {

Error failed(std::string_view what) {
  return transient_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

Result<OpenFile> open_for_reading(const std::string& path) {
  OpenFile file{Descriptor{open(path.c_str(), O_RDONLY | O_CLOEXEC)}, 0};
  if (!file.descriptor.is_open()) return failed(path);
  struct stat status {};
  if (fstat(file.descriptor.get(), &status) != 0) return failed(path);
  file.bytes = status.st_size;
  return file;
}

Result<Descriptor> create_for_writing(const std::string& path) {
  Descriptor file{open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (!file.is_open()) return failed(path);
  return file;
}

Result<std::size_t> read_chunk(const Descriptor& file, std::vector<char>& buffer) {
  for (;;) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return failed("read");
  }
}

Status write_all(const Descriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) return failed("write");
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return Done{};
}

Status sync(const Descriptor& file) {
  if (fsync(file.get()) != 0) return failed("fsync");
  return Done{};
}

Result<std::int64_t> file_bytes(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return failed(path);
  return static_cast<std::int64_t>(status.st_size);
}

Result<Workspace> Workspace::create(const std::string& parent) {
  std::string name = fmt::format("{}/godwit-worker-XXXXXX", parent);
  if (mkdtemp(name.data()) == nullptr)
    return invalid_error(fmt::format("cannot make a folder in {}: {}", parent, std::strerror(errno)));
  return Workspace{std::move(name)};
}

Workspace::Workspace(Workspace&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}

Workspace::~Workspace() {
  std::error_code ignored;  // there is nobody left to tell
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string Workspace::path(std::string_view name) const { return fmt::format("{}/{}", folder_, name); }

}  // namespace godwit::worker
