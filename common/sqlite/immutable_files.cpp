#include "common/sqlite/immutable_files.h"

#include <algorithm>

namespace godwit::sqlite {

std::shared_ptr<ImmutableFiles::File> ImmutableFiles::open(const std::string& path) {
  const std::lock_guard lock{mutex_};
  auto found = files_.find(path);
  if (found == files_.end()) {
    auto file = std::make_shared<File>(Database::open_or_throw(path, OpenMode::immutable));
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
