#include "producers/cpp/spool/disk_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "common/base/descriptor.h"

namespace godwit::producer {
namespace {

namespace fs = std::filesystem;

constexpr mode_t only_owner = 0600;

}  // namespace

class DiskDirectory::File {
 public:
  explicit File(Descriptor file) : file_(std::move(file)) {}
  int fd() const { return file_.get(); }
  std::atomic<bool> name_is_durable = false;

 private:
  Descriptor file_;
};

DiskDirectory::DiskDirectory(std::string path) : path_(std::move(path)) {}

Error DiskDirectory::failed(std::string_view what, const std::string& name) const {
  return transient_error(fmt::format("cannot {} {}/{}: {}", what, path_, name, std::strerror(errno)));
}

Result<std::vector<std::string>> DiskDirectory::list() {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at{path_, error}; !error && at != fs::directory_iterator{}; at.increment(error))
    names.push_back(at->path().filename().string());
  if (error) return transient_error(fmt::format("cannot read {}: {}", path_, error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::shared_ptr<DiskDirectory::File>> DiskDirectory::open(const std::string& name, bool create) {
  const std::lock_guard lock{mutex_};
  if (const auto known = files_.find(name); known != files_.end()) return known->second;
  const int flags = O_RDWR | O_APPEND | O_CLOEXEC | (create ? O_CREAT : 0);
  Descriptor file{::open((path_ + "/" + name).c_str(), flags, only_owner)};
  if (!file.is_open()) return failed("open", name);
  return files_.emplace(name, std::make_shared<File>(std::move(file))).first->second;
}

void DiskDirectory::forget(const std::string& name) {
  const std::lock_guard lock{mutex_};
  files_.erase(name);
}

Result<std::string> DiskDirectory::read(const std::string& name, std::size_t offset, std::size_t size_max) {
  const auto file = open(name, false);
  if (!file) return file.error();
  struct stat facts {};
  if (fstat((*file)->fd(), &facts) != 0) return failed("read", name);
  const auto size = static_cast<std::size_t>(facts.st_size);
  std::string bytes(offset < size ? std::min(size - offset, size_max) : 0, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got =
        pread((*file)->fd(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", name);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Status DiskDirectory::append(const std::string& name, std::string_view bytes) {
  const auto file = open(name, true);
  if (!file) return file.error();
  while (!bytes.empty()) {
    const auto written = ::write((*file)->fd(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", name);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return Done{};
}

Status DiskDirectory::sync(const std::string& name) {
  std::shared_ptr<File> file;
  {
    const std::lock_guard lock{mutex_};
    const auto known = files_.find(name);
    if (known == files_.end()) return Done{};  // removed meanwhile, or never written
    file = known->second;
  }
  if (fdatasync(file->fd()) != 0) return failed("sync", name);
  if (file->name_is_durable) return Done{};
  if (Status named = sync_directory(path_); !named) return named;
  file->name_is_durable = true;
  return Done{};
}

Status DiskDirectory::truncate(const std::string& name, std::size_t size) {
  const auto file = open(name, false);
  if (!file) return file.error();
  if (ftruncate((*file)->fd(), static_cast<off_t>(size)) != 0) return failed("truncate", name);
  return Done{};
}

Status DiskDirectory::remove(const std::string& name) {
  forget(name);
  if (unlink((path_ + "/" + name).c_str()) != 0 && errno != ENOENT) return failed("remove", name);
  return Done{};
}

Status DiskDirectory::rename(const std::string& from, const std::string& to) {
  forget(from);
  if (::rename((path_ + "/" + from).c_str(), (path_ + "/" + to).c_str()) != 0) return failed("rename", from);
  return Done{};
}

Status sync_directory(const std::string& path) {
  const Descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.is_open() && fsync(directory.get()) == 0) return Done{};
  return transient_error(fmt::format("cannot sync {}: {}", path, std::strerror(errno)));
}

}  // namespace godwit::producer
