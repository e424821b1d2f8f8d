#include "common/sqlite/partition_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "common/base/log.h"
#include "common/sqlite/file_meta.h"

namespace godwit::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr const char* way_out = "start with --repair to move it aside and rebuild it from the log";

// The number of a file of `name`; nullopt when it is none.
std::optional<int> generation_of(const std::string& file, const std::string& name) {
  if (file == name + ".db") return 1;
  const std::string prefix = name + ".g";
  const std::string suffix = ".db";
  if (file.size() <= prefix.size() + suffix.size() || !file.starts_with(prefix) || !file.ends_with(suffix))
    return std::nullopt;
  int number = 0;
  const char* const end = file.data() + file.size() - suffix.size();
  const auto read = std::from_chars(file.data() + prefix.size(), end, number);
  return read.ec == std::errc{} && read.ptr == end && number > 1 ? std::optional{number} : std::nullopt;
}

std::string file_of(const std::string& directory, const std::string& name, int generation) {
  return generation == 1 ? fmt::format("{}/{}.db", directory, name)
                         : fmt::format("{}/{}.g{}.db", directory, name, generation);
}

std::vector<int> generations_of(const std::string& directory, const std::string& name) {
  std::vector<int> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{directory, error})
    if (const auto number = generation_of(entry.path().filename(), name)) out.push_back(*number);
  std::sort(out.begin(), out.end());
  return out;
}

void remove_file(const std::string& path) {
  std::error_code ignored;
  for (const char* part : {"", "-wal", "-shm"}) fs::remove(path + part, ignored);
  fs::remove_all(companion_of(path), ignored);
}

Status rename_file(const std::string& path, const std::string& suffix, const std::string& why) {
  int number = 1;
  while (fs::exists(fmt::format("{}.{}-{}", path, suffix, number))) ++number;
  const std::string aside = fmt::format("{}.{}-{}", path, suffix, number);
  const std::pair<std::string, std::string> moves[] = {{path + "-wal", aside + "-wal"},
                                                       {path + "-shm", aside + "-shm"},
                                                       {companion_of(path), aside + "-files"},
                                                       {path, aside}};
  for (const auto& [from, to] : moves) {
    std::error_code error;
    if (!fs::exists(from)) continue;
    fs::rename(from, to, error);
    if (error) return transient_error(fmt::format("cannot move {} aside: {}", from, error.message()));
  }
  log_warn("{} is {}; it was moved to {}, and is rebuilt from the log", path, why, aside);
  return Done{};
}

Error unreadable(const StoreFailure& failure) {
  if (!failure.corrupt()) return transient_error(failure.what());
  return fatal_error(fmt::format("{}: the file is corrupt; {}", failure.what(), way_out));
}

}  // namespace

std::string companion_of(const std::string& path) {
  constexpr std::string_view suffix = ".db";
  return path.ends_with(suffix) ? path.substr(0, path.size() - suffix.size()) : path + ".files";
}

// The files of a name in one directory. StoreFailure passes through.
struct PartitionDirectory::Generations {
  Generations(const std::string& directory, const std::string& name) {
    for (const int number : generations_of(directory, name)) {
      const std::string path = file_of(directory, name, number);
      const FileMeta meta = read_meta(path);
      last = number;
      if (meta.claimed && !meta.rebuilding) {
        serving = number;
        served = meta;
        unfinished = 0;
      } else {
        unfinished = number;
        begun = meta;
      }
    }
  }
  int serving = 0;     // 0: none
  int unfinished = 0;  // above the serving one; 0: none
  int last = 0;
  FileMeta served, begun;
};

std::string store_of_file(const std::string& file) {
  std::string stem = file.substr(0, file.size() - std::string_view{".db"}.size());
  const std::size_t dot = stem.rfind(".g");
  return dot != std::string::npos && generation_of(file, stem.substr(0, dot)) ? stem.substr(0, dot) : stem;
}

ServingFiles serving_files(const std::string& directory) {
  std::map<std::string, int> serving;  // by name: the highest generation
  ServingFiles out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{directory, error}) {
    const std::string file = entry.path().filename();
    if (entry.path().extension() != ".db" || entry.is_directory(error)) continue;
    const std::string name = store_of_file(file);
    try {
      const FileMeta meta = read_meta(entry.path());
      if (!meta.claimed || meta.rebuilding) continue;
      int& highest = serving[name];
      highest = std::max(highest, generation_of(file, name).value_or(1));
    } catch (const StoreFailure& failure) {
      out.unreadable.emplace_back(failure.what());
    }
  }
  for (const auto& [name, generation] : serving)
    out.files.push_back({name, file_of(directory, name, generation)});
  return out;
}

std::string PartitionDirectory::path_of(int version) const {
  return fmt::format("{}/{}/v{}", options_.data, options_.projection, version);
}

FileIdentity PartitionDirectory::identity(const projection::LogIdentity& log) const {
  return {options_.projection, options_.version, log, options_.layout, options_.variant};
}

Result<std::shared_ptr<FileLock>> PartitionDirectory::lock(const std::string& name,
                                                           const std::string& suffix) {
  const std::string path = path_of(options_.version) + "/" + name + suffix;
  const std::lock_guard guard{mutex_};
  std::weak_ptr<FileLock>& known = locks_[path];
  if (auto held = known.lock()) return held;
  auto fresh = std::make_shared<FileLock>(path);
  if (!fresh->held() && fresh->errno_on_open() != 0)
    return transient_error(
        fmt::format("cannot lock {}: {}", path,
                    std::error_code{fresh->errno_on_open(), std::generic_category()}.message()));
  if (!fresh->held())
    return fatal_error(fmt::format(
        "{}/{}.db is in use by another process; every instance needs a --data directory of its own",
        path_of(options_.version), name));
  known = fresh;
  return fresh;
}

Result<FilePlace> PartitionDirectory::serving(const std::string& name, const projection::LogIdentity& log) {
  const std::string directory = path();
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return transient_error(fmt::format("cannot create {}: {}", directory, error.message()));
  auto locked = lock(name, ".db.lock");
  if (!locked) return locked.error();
  try {
    if (auto moved = move_aside(name, log); !moved) return moved.error();
    const Generations there{directory, name};
    FilePlace place{.name = name, .path = {}, .lock = *locked};
    if (there.serving == 0) {
      if (auto before = older(name, log)) {
        before->lock = *locked;
        return *before;
      }
      // What was built beside a file that is gone has passed over dead letters which that one was to tell.
      const bool beside = there.unfinished != 0 && there.begun.rebuilding;
      if (beside) remove_file(file_of(directory, name, there.unfinished));
      place.path = file_of(directory, name, beside ? there.last + 1 : std::max(there.last, 1));
      return place;
    }
    place.path = file_of(directory, name, there.serving);
    FileIdentity other_variant = identity(log);
    other_variant.variant = there.served.variant;
    place.frozen = there.served.variant != options_.variant && there.served.is_of(other_variant);
    if (place.frozen) return place;
    for (int below = 1; below < there.serving; ++below) remove_file(file_of(directory, name, below));
    remove_older_versions();
    return place;
  } catch (const StoreFailure& failure) {
    return unreadable(failure);
  }
}

Result<FilePlace> PartitionDirectory::next(const std::string& name, const projection::LogIdentity& log) {
  auto locked = lock(name, ".next.lock");
  if (!locked) return locked.error();
  try {
    const std::string directory = path();
    const Generations there{directory, name};
    FilePlace place{.name = name, .path = {}, .lock = *locked};
    if (there.serving != 0) {
      place.serving_path = file_of(directory, name, there.serving);
    } else if (const auto before = older(name, log)) {
      place.serving_path = before->path;
    }
    if (there.unfinished != 0 && there.begun.is_of(identity(log))) {
      place.path = file_of(directory, name, there.unfinished);
    } else {
      if (there.unfinished != 0) remove_file(file_of(directory, name, there.unfinished));
      place.path = file_of(directory, name, there.last + 1);
    }
    return place;
  } catch (const StoreFailure& failure) {
    return unreadable(failure);
  }
}

bool PartitionDirectory::has_next(const std::string& name) const {
  try {
    const Generations there{path(), name};
    if (there.serving != 0 && there.served.variant != options_.variant) return true;
    return there.unfinished != 0 || (there.serving == 0 && older(name, {}));
  } catch (const StoreFailure&) {
    return false;  // whoever opens the files says what is wrong with them
  }
}

Status PartitionDirectory::swap(const std::string& name, const projection::LogIdentity& log,
                                const std::function<void(Database&)>& carry) {
  try {
    const std::string directory = path();
    const Generations there{directory, name};
    if (there.unfinished == 0) return fatal_error(fmt::format("there is no rebuilt file of {}", name));
    std::string old;
    if (there.serving != 0) {
      old = file_of(directory, name, there.serving);
    } else if (const auto before = older(name, log)) {
      old = before->path;
    }
    Database db = Database::open_or_throw(file_of(directory, name, there.unfinished), OpenMode::read_write);
    make_serving(db, old, carry);
    return Done{};
  } catch (const StoreFailure& failure) {
    return unreadable(failure);
  }
}

Status PartitionDirectory::move_aside(const std::string& name, const projection::LogIdentity& log) {
  if (!options_.repair && !options_.rebuild) return Done{};
  for (const int number : generations_of(path(), name)) {
    const std::string file = file_of(path(), name, number);
    if (options_.repair) {
      if (const auto damage = find_damage(file)) {
        if (auto moved = rename_file(file, "corrupt", *damage); !moved) return moved.error();
        continue;
      }
    }
    if (!options_.rebuild) continue;
    const FileMeta meta = read_meta(file);
    if (!meta.partitions || !log.partitions || *meta.partitions == *log.partitions) continue;
    const std::string why =
        fmt::format("of a log with {} partitions, where there are {} now", *meta.partitions, *log.partitions);
    if (auto moved = rename_file(file, "outgrown", why); !moved) return moved.error();
  }
  return Done{};
}

// The newest older version's serving file, when this code can read its rows and it is of this log.
std::optional<FilePlace> PartitionDirectory::older(const std::string& name,
                                                   const projection::LogIdentity& log) const {
  for (int version = options_.version - 1; version >= 0; --version) {
    const Generations there{path_of(version), name};
    if (there.serving == 0) continue;
    const FileIdentity wanted{options_.projection, version, log, options_.layout, there.served.variant};
    if (!there.served.is_of(wanted)) return std::nullopt;
    FilePlace place{.name = name, .path = file_of(path_of(version), name, there.serving), .lock = {}};
    place.frozen = true;
    return place;
  }
  return std::nullopt;
}

// Once each of their files has a successor here; what else lies there is not ours to remove.
void PartitionDirectory::remove_older_versions() const {
  for (int version = options_.version - 1; version >= 0; --version) {
    std::vector<std::string> files;
    bool replaced = true;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{path_of(version), error}) {
      if (entry.path().extension() != ".db") continue;
      files.push_back(entry.path());
      const std::string name = store_of_file(entry.path().filename());
      replaced = replaced && Generations{path(), name}.serving != 0;
    }
    if (!replaced || files.empty()) continue;
    for (const std::string& file : files) remove_file(file);
    log_info("removed the files of version {}: version {} has taken their place", version, options_.version);
  }
}

}  // namespace godwit::sqlite
