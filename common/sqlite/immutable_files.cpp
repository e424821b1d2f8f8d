#include "common/sqlite/immutable_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace godwit::sqlite {
namespace {

// The file of that name now: the one that is open may have been removed or replaced under us.
std::uint64_t inode_of(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0)
    throw projection::StoreUnavailable{fmt::format("{}: {}", path, std::strerror(errno))};
  return status.st_ino;
}

}  // namespace

std::shared_ptr<ImmutableFiles::File> ImmutableFiles::open(const std::string& path) {
  const std::uint64_t inode = inode_of(path);
  const std::lock_guard lock{mutex_};
  auto found = files_.find(path);
  if (found != files_.end() && found->second->inode != inode) {
    files_.erase(found);
    found = files_.end();
  }
  if (found == files_.end()) {
    auto file = std::make_shared<File>(Database::open_or_throw(path, OpenMode::immutable), inode);
    if (files_.size() >= options_.open_max)
      files_.erase(std::min_element(files_.begin(), files_.end(), [](const auto& a, const auto& b) {
        return a.second->used < b.second->used;
      }));
    found = files_.emplace(path, std::move(file)).first;
  }
  found->second->used = ++uses_;
  return found->second;
}

}  // namespace godwit::sqlite
