// ImmutableFiles: files that nobody writes any more, kept open for reading. Safe from every thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/sqlite/database.h"

namespace godwit::sqlite {

struct ImmutableFilesOptions {
  std::size_t open_max = 256;  // one more closes the one that was used the longest ago
};

class ImmutableFiles {
 public:
  explicit ImmutableFiles(const ImmutableFilesOptions& options = {}) : options_(options) {}

  // Calls visit(database), one caller at a time for each file. A file that has been replaced is opened anew.
  // StoreUnavailable, naming it, when it cannot be opened or is gone, and whatever `visit` throws.
  template <class Visit>
  void use(const std::string& path, Visit visit) {
    const std::shared_ptr<File> file = open(path);
    const std::lock_guard lock{file->mutex};
    visit(file->db);
  }

 private:
  struct File {
    File(Database database, std::uint64_t number) : db(std::move(database)), inode(number) {}
    std::mutex mutex;
    Database db;
    const std::uint64_t inode;
    std::uint64_t used = 0;  // under the map's mutex
  };
  std::shared_ptr<File> open(const std::string& path);

  const ImmutableFilesOptions options_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;
  std::uint64_t uses_ = 0;
};

}  // namespace godwit::sqlite
