// SpoolHome: the directory in which the processes of a machine keep their spools, one subdirectory each. A
// subdirectory is locked for as long as its process lives, so one that is not has been orphaned and is
// adopted by whoever locks it first.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/file_lock.h"
#include "common/base/result.h"

namespace godwit::producer {

// A spool's own directory, held by this process.
struct HeldDirectory {
  std::string name;  // of the subdirectory; they sort by age
  std::string path;
  std::unique_ptr<FileLock> lock;
};

class SpoolHome {
 public:
  // Creates the directory, readable by its owner alone, if need be. `invalid` names what is wrong with it.
  static Result<SpoolHome> open(const std::string& path);

  // A new, empty one for this process.
  Result<HeldDirectory> create(Timestamp now) const;
  // The orphans, oldest first, locked from now on. What cannot be looked at is left alone.
  std::vector<HeldDirectory> adopt() const;

  const std::string& path() const { return path_; }

 private:
  explicit SpoolHome(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Where spools of a Kafka cluster lie when nobody says: godwit/spool/<brokers> in $XDG_STATE_HOME, else in
// ~/.local/state, else in /var/lib. A cluster has its own, or one's events would reach another.
std::string default_spool_directory(std::string_view brokers);

// Removes a directory that holds nothing but its lock; one with other files stays.
void remove_if_empty(const HeldDirectory& directory);

}  // namespace godwit::producer
