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
#include "common/base/durable.h"
#include "producers/cpp/spool/mapped_file.h"

namespace godwit::producer {
namespace {

namespace fs = std::filesystem;

constexpr mode_t only_owner = 0600;

}  // namespace

struct DiskDirectory::File {
  File(Descriptor descriptor, std::size_t size) : bytes(std::move(descriptor), size) {}

  MappedFile bytes;
  std::atomic<bool> name_is_durable = false;
};

DiskDirectory::DiskDirectory(std::string path) : path_(std::move(path)) {}

Error DiskDirectory::failed(std::string_view what, const std::string& name, int reason) const {
  return transient_error(fmt::format("cannot {} {}/{}: {}", what, path_, name, std::strerror(reason)));
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
  if (const auto at = files_.find(name); at != files_.end()) return at->second;
  const int flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0);
  Descriptor file{::open((path_ + "/" + name).c_str(), flags, only_owner)};
  struct stat facts {};
  if (!file.is_open() || fstat(file.get(), &facts) != 0) return failed("open", name, errno);
  auto opened = std::make_shared<File>(std::move(file), static_cast<std::size_t>(facts.st_size));
  return files_.emplace(name, std::move(opened)).first->second;
}

std::shared_ptr<DiskDirectory::File> DiskDirectory::known(const std::string& name) {
  const std::lock_guard lock{mutex_};
  const auto at = files_.find(name);
  return at == files_.end() ? nullptr : at->second;
}

void DiskDirectory::forget(const std::string& name) {
  const std::lock_guard lock{mutex_};
  files_.erase(name);
}

Result<std::string> DiskDirectory::read(const std::string& name, std::size_t offset, std::size_t size_max) {
  const auto file = open(name, false);
  if (!file) return file.error();
  std::string bytes;
  if (const int reason = (*file)->bytes.read(offset, size_max, bytes)) return failed("read", name, reason);
  return bytes;
}

Status DiskDirectory::append(const std::string& name, std::string_view bytes) {
  const auto file = open(name, true);
  if (!file) return file.error();
  if (const int reason = (*file)->bytes.append(bytes)) return failed("write", name, reason);
  return Done{};
}

void DiskDirectory::close(const std::string& name) {
  // Zeros at its end take room, no more.
  if (const auto file = known(name)) (void)file->bytes.close();
}

Status DiskDirectory::sync(const std::string& name) {
  const auto file = known(name);
  if (!file) return Done{};  // removed meanwhile, or never written
  if (const int reason = file->bytes.sync()) return failed("sync", name, reason);
  if (file->name_is_durable) return Done{};
  if (Status named = sync_directory(path_); !named) return named;
  file->name_is_durable = true;
  return Done{};
}

Status DiskDirectory::truncate(const std::string& name, std::size_t size) {
  const auto file = open(name, false);
  if (!file) return file.error();
  if (const int reason = (*file)->bytes.truncate(size)) return failed("truncate", name, reason);
  return Done{};
}

Status DiskDirectory::remove(const std::string& name) {
  forget(name);
  if (unlink((path_ + "/" + name).c_str()) != 0 && errno != ENOENT) return failed("remove", name, errno);
  return Done{};
}

Status DiskDirectory::rename(const std::string& from, const std::string& to) {
  forget(from);
  if (::rename((path_ + "/" + from).c_str(), (path_ + "/" + to).c_str()) != 0)
    return failed("rename", from, errno);
  return Done{};
}

}  // namespace godwit::producer
