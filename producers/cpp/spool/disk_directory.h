// DiskDirectory: a Directory on the file system.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "producers/cpp/spool/directory.h"

namespace godwit::producer {

// Files are readable by their owner alone. Each is opened once and kept open until removed.
class DiskDirectory final : public Directory {
 public:
  explicit DiskDirectory(std::string path);  // which exists

  Result<std::vector<std::string>> list() override;
  Result<std::string> read(const std::string& name, std::size_t offset, std::size_t size_max) override;
  Status append(const std::string& name, std::string_view bytes) override;
  void close(const std::string& name) override;
  Status sync(const std::string& name) override;
  Status truncate(const std::string& name, std::size_t size) override;
  Status remove(const std::string& name) override;
  Status rename(const std::string& from, const std::string& to) override;

 private:
  struct File;
  Result<std::shared_ptr<File>> open(const std::string& name, bool create);
  std::shared_ptr<File> known(const std::string& name);  // null when it is not open
  void forget(const std::string& name);
  Error failed(std::string_view what, const std::string& name, int reason) const;

  std::string path_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;
};

}  // namespace godwit::producer
