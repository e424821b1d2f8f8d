// PartitionDirectory: which files of a consumer's data directory are what. It decides which file of a
// partition serves, which one is being built, what is left over, and moves aside what was asked to be; it
// reads and writes no rows.
//
// `<data>/<projection>/v<version>/p-0007.db` is the first generation of partition 7, `p-0007.g2.db` the next.
// A file that says `rebuilding` in its meta is not to be served; the highest other one is. Names are never
// used again, so that what is left of one can hurt no other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/file_lock.h"
#include "common/projection/store.h"
#include "common/sqlite/database.h"

namespace godwit::sqlite {

// "p-0007" of "p-0007.db" and of "p-0007.g2.db".
std::string store_of_file(const std::string& file);

// The folder beside a partition file, "p-0007.g2" of "p-0007.g2.db", for further files of its projection. It
// is removed and moved aside with the file.
std::string companion_of(const std::string& path);

// For whoever looks at a directory from outside, while its consumer runs or not: the file of each name that
// serves. Only reads.
struct ServingFile {
  std::string name;
  std::string path;
};
// A file that does not tell whether it serves is `unreadable`, with why.
struct ServingFiles {
  std::vector<ServingFile> files = {};
  std::vector<std::string> unreadable = {};
};
ServingFiles serving_files(const std::string& directory);

struct DirectoryOptions {
  std::string data;
  std::string projection;
  int version = 1;
  int layout = 1;        // of the rows; an older version's file of the same layout can be read by this code
  bool repair = false;   // every file is checked when it is opened, and moved aside when it is corrupt
  bool rebuild = false;  // a file folded under another partition count is moved aside
  // What is folded beside what the version says, such as rules that a user wrote: a file of another variant
  // serves like one of an older version, until its successor has been built.
  std::string variant = {};
};

// Whose file it is; written into it once and compared on every open.
struct FileIdentity {
  std::string projection;
  int version = 1;
  projection::LogIdentity log = {};
  int layout = 1;
  std::string variant = {};
};

// The file to open for a name, and how.
struct FilePlace {
  std::string name;
  std::string path;
  std::shared_ptr<FileLock> lock;
  std::string serving_path = {};  // for the next generation: the file that serves meanwhile
  bool frozen = false;            // of an older version: only read
};

// Safe from several threads.
class PartitionDirectory {
 public:
  explicit PartitionDirectory(DirectoryOptions options) : options_(std::move(options)) {}

  const std::string& data() const { return options_.data; }
  // Where this version's files lie.
  std::string path() const { return path_of(options_.version); }
  FileIdentity identity(const projection::LogIdentity& log) const;

  // Made if need be, and locked against other processes. What earlier generations left is removed.
  Result<FilePlace> serving(const std::string& name, const projection::LogIdentity& log);
  // The generation after the serving one.
  Result<FilePlace> next(const std::string& name, const projection::LogIdentity& log);
  bool has_next(const std::string& name) const;
  // The swap: in one commit to the next file, which is not open anywhere else, it becomes the serving one.
  // `carry` may copy rows from the old file, attached as `old`, that are no fold of the log; it is called
  // when the layouts are equal. The old one is marked `retired` for whoever else writes to it.
  Status swap(const std::string& name, const projection::LogIdentity& log,
              const std::function<void(Database&)>& carry);

 private:
  struct Generations;

  std::string path_of(int version) const;
  Result<std::shared_ptr<FileLock>> lock(const std::string& name, const std::string& suffix);
  Status move_aside(const std::string& name, const projection::LogIdentity& log);
  std::optional<FilePlace> older(const std::string& name, const projection::LogIdentity& log) const;
  void remove_older_versions() const;

  DirectoryOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<FileLock>> locks_;  // one owner in this process reopens without a gap
};

}  // namespace godwit::sqlite
