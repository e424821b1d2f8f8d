#include "producers/cpp/spool/home.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "common/base/durable.h"
#include "common/base/uuid.h"
#include "producers/cpp/spool/disk_directory.h"

namespace godwit::producer {
namespace {

namespace fs = std::filesystem;

constexpr mode_t only_owner = 0700;
constexpr const char* lock_name = "/lock";
constexpr char unfinished = '.';  // first letter of a directory that is not locked yet

}  // namespace

Result<SpoolHome> SpoolHome::open(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  if (path.empty() || error) return invalid_error(fmt::format("spool directory '{}' is no path", path));
  const bool is_new = !fs::exists(absolute, error);
  fs::create_directories(absolute, error);
  if (error)
    return invalid_error(fmt::format("cannot create the spool directory {}: {}", path, error.message()));
  if (is_new) fs::permissions(absolute, fs::perms::owner_all, error);
  if (access(absolute.c_str(), R_OK | W_OK | X_OK) != 0)
    return invalid_error(fmt::format("cannot use the spool directory {}: {}", path, std::strerror(errno)));
  return SpoolHome{absolute.string()};
}

Result<HeldDirectory> SpoolHome::create(Timestamp now) const {
  HeldDirectory held;
  held.name = make_uuid_v7(now);
  held.path = path_ + "/" + held.name;
  // Locked before it has its name: nobody may take it for an orphan.
  const std::string early = path_ + "/" + unfinished + held.name;
  if (mkdir(early.c_str(), only_owner) != 0)
    return transient_error(fmt::format("cannot create {}: {}", early, std::strerror(errno)));
  held.lock = std::make_unique<FileLock>(early + lock_name);
  if (!held.lock->held() || rename(early.c_str(), held.path.c_str()) != 0)
    return transient_error(fmt::format("cannot lock {}: {}", early, std::strerror(errno)));
  if (Status durable = sync_directory(path_); !durable) return durable.error();
  return held;
}

std::vector<HeldDirectory> SpoolHome::adopt() const {
  std::vector<HeldDirectory> orphans;
  std::error_code error;
  for (fs::directory_iterator at{path_, error}; !error && at != fs::directory_iterator{};
       at.increment(error)) {
    HeldDirectory found{at->path().filename().string(), at->path().string(), nullptr};
    std::error_code ignored;
    if (found.name.front() == unfinished || !fs::exists(found.path + lock_name, ignored)) continue;
    found.lock = std::make_unique<FileLock>(found.path + lock_name);
    if (found.lock->held()) orphans.push_back(std::move(found));
  }
  std::sort(orphans.begin(), orphans.end(),
            [](const HeldDirectory& a, const HeldDirectory& b) { return a.name < b.name; });
  return orphans;
}

std::string default_spool_directory(std::string_view brokers) {
  // Nobody sets the environment once threads run.
  const auto from = [](const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return std::string{value == nullptr ? "" : value};
  };
  std::string state = from("XDG_STATE_HOME");
  if (state.empty() && !from("HOME").empty()) state = from("HOME") + "/.local/state";
  if (state.empty()) state = "/var/lib";
  std::string cluster{brokers};
  std::replace(cluster.begin(), cluster.end(), '/', '_');
  return state + "/godwit/spool/" + cluster;
}

void remove_if_empty(const HeldDirectory& directory) {
  std::error_code error;
  const auto files = std::distance(fs::directory_iterator{directory.path, error}, fs::directory_iterator{});
  if (error || files > 1) return;
  unlink((directory.path + lock_name).c_str());
  rmdir(directory.path.c_str());
}

}  // namespace godwit::producer
