// A Directory in memory that knows what a power cut leaves: of each file what was synced, and of the rest as
// much as chance will have it.
#pragma once

#include <algorithm>
#include <map>
#include <random>

#include "producers/cpp/spool/directory.h"

namespace godwit::test {

// The disk: outlives the directories that lie on it.
struct MemoryDisk {
  struct File {
    std::string bytes;
    std::size_t synced = 0;
    bool closed = false;
  };
  std::map<std::string, File> files;
  int appends_to_fail = 0;  // each leaves half of its bytes behind
  bool truncate_fails = false;

  void cut_power(std::mt19937& chance) {
    for (auto& [name, file] : files) {
      const std::size_t loose = file.bytes.size() - file.synced;
      file.bytes.resize(file.synced + chance() % (loose + 1));
      if (file.bytes.size() > file.synced && chance() % 4 == 0)
        file.bytes.back() ^= 0x40;  // a half-written page
      if (file.bytes.size() > file.synced &&
          chance() % 4 == 0)  // one that was never written, and later ones were
        file.bytes[file.synced + chance() % (file.bytes.size() - file.synced)] = 0;
    }
    kill(chance);
  }
  // The end of the process alone: what was not closed may end with zeros.
  void kill(std::mt19937& chance) {
    for (auto& [name, file] : files) {
      if (!file.closed) file.bytes.append(chance() % 3 * 7, '\0');
      file.synced = file.bytes.size();
    }
  }
};

class MemoryDirectory final : public producer::Directory {
 public:
  explicit MemoryDirectory(MemoryDisk& disk) : disk_(disk) {}

  Result<std::vector<std::string>> list() override {
    std::vector<std::string> names;
    for (const auto& [name, file] : disk_.files) names.push_back(name);
    return names;
  }
  Result<std::string> read(const std::string& name, std::size_t offset, std::size_t size_max) override {
    const std::string& bytes = disk_.files[name].bytes;
    return offset < bytes.size() ? bytes.substr(offset, size_max) : "";
  }
  Status append(const std::string& name, std::string_view bytes) override {
    const bool fails = disk_.appends_to_fail > 0;
    disk_.files[name].bytes += fails ? bytes.substr(0, bytes.size() / 2) : bytes;
    if (!fails) return Done{};
    --disk_.appends_to_fail;
    return transient_error("no space");
  }
  void close(const std::string& name) override {
    if (const auto at = disk_.files.find(name); at != disk_.files.end()) at->second.closed = true;
  }
  Status sync(const std::string& name) override {
    if (const auto at = disk_.files.find(name); at != disk_.files.end())
      at->second.synced = at->second.bytes.size();
    return Done{};
  }
  Status truncate(const std::string& name, std::size_t size) override {
    if (disk_.truncate_fails) return transient_error("read-only");
    auto& file = disk_.files[name];
    file.closed = false;
    file.bytes.resize(size);
    file.synced = std::min(file.synced, size);
    return Done{};
  }
  Status remove(const std::string& name) override {
    disk_.files.erase(name);
    return Done{};
  }
  Status rename(const std::string& from, const std::string& to) override {
    disk_.files[to] = disk_.files[from];
    disk_.files.erase(from);
    return Done{};
  }

 private:
  MemoryDisk& disk_;
};

}  // namespace godwit::test
