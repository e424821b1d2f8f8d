// Files that cannot be kept up: full disk, read-only, corrupt, folded under another partition count.
#include <doctest/doctest.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "process.h"

namespace godwit::sqlite::testing {
namespace {

namespace fs = std::filesystem;

// No file of this process may grow beyond `bytes`: the kernel refuses the write, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

// Permissions bind root too while this lives.
class OrdinaryUser {
 public:
  static constexpr unsigned nobody = 65534;
  OrdinaryUser() : before_(geteuid() == 0 ? static_cast<unsigned>(setfsuid(nobody)) : geteuid()) {}
  ~OrdinaryUser() { setfsuid(before_); }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  unsigned before_;
};

void append(stream::MemoryLog& log, int partition, const std::string& id, const std::string& task) {
  log.append(out_record(id, task), stream::Partition{partition});
}

std::string file(const TemporaryDirectory& directory, const std::string& name) {
  return directory / ("counting/v1/" + name);
}

void overwrite_pages(const std::string& path) {
  const auto size = fs::file_size(path);
  std::fstream out{path, std::ios::in | std::ios::out | std::ios::binary};
  out.seekp(4096);  // the first page stays: the file still opens
  const std::string rubbish(static_cast<std::size_t>(size) - 4096, '\x5a');
  out.write(rubbish.data(), static_cast<std::streamsize>(rubbish.size()));
}

// Two partitions with three events each, folded and closed.
struct Folded {
  Folded() {
    for (int partition = 0; partition < 2; ++partition)
      for (int i = 0; i < 3; ++i) append(log, partition, fmt::format("e{}-{}", partition, i), "t-1");
    Process process{log, directory.path()};
    process.turns(2);
  }
  TemporaryDirectory directory;
  stream::MemoryLog log{2};
};

TEST_CASE("a full disk suspends the partition, reads go on, and it resumes by itself with nothing lost") {
  Folded folded;
  Process process{folded.log, folded.directory.path()};
  process.turns(2);
  {
    const FileSizeLimit full{4096};
    append(folded.log, 0, "late", "t-1");
    process.turns(3);
    const auto stats = process.runner.stats();
    REQUIRE(stats.suspended.contains("p-0000"));
    CHECK(stats.suspended.at("p-0000").find("p-0000.db") != std::string::npos);
    CHECK_FALSE(stats.suspended.contains("p-0001"));
    CHECK(stats.refused.empty());
    CHECK(ask(process.readers, "SELECT sum(events) FROM task") == 6);
  }
  process.turns(3);
  CHECK(process.runner.stats().suspended.empty());
  CHECK(ask(process.readers, "SELECT sum(events) FROM task") == 7);
}

TEST_CASE("a partition that finds the disk full when it is opened begins when there is room") {
  const TemporaryDirectory directory;
  stream::MemoryLog log{2};
  append(log, 0, "e1", "t-1");
  std::optional<Process> process;
  {
    const FileSizeLimit full{0};
    process.emplace(log, directory.path());
    process->turns(3);
    CHECK(process->runner.stats().suspended.size() == 2);
    CHECK(process->runner.stats().refused.empty());
  }
  process->turns(3);
  CHECK(process->runner.stats().suspended.empty());
  CHECK(ask(process->readers, "SELECT sum(events) FROM task") == 1);
}

TEST_CASE("a file that may only be read is served, and folded on when it may be written again") {
  Folded folded;
  fs::permissions(folded.directory.path(), fs::perms::all);
  for (const auto& entry : fs::recursive_directory_iterator{folded.directory.path()})
    fs::permissions(entry, fs::perms::all);
  const std::string read_only = file(folded.directory, "p-0000.db");
  constexpr mode_t readable = 0444;
  constexpr mode_t writable = 0666;
  REQUIRE(chmod(read_only.c_str(), readable) == 0);
  append(folded.log, 0, "late", "t-1");
  append(folded.log, 1, "late too", "t-1");
  {
    const OrdinaryUser user;
    Process process{folded.log, folded.directory.path()};
    process.turns(3);
    const auto stats = process.runner.stats();
    REQUIRE(stats.suspended.contains("p-0000"));
    CHECK(stats.suspended.at("p-0000").find("readonly") != std::string::npos);
    CHECK(ask(process.readers, "SELECT sum(events) FROM task") == 7);  // all but the one that waits
    {
      setfsuid(geteuid());
      for (const char* part : {"", "-wal", "-shm"})  // SQLite gives these the mode of the file
        REQUIRE(chmod((read_only + part).c_str(), writable) == 0);
      if (geteuid() == 0) setfsuid(OrdinaryUser::nobody);
    }
    process.turns(5);
    CHECK(process.runner.stats().suspended.empty());
    CHECK(ask(process.readers, "SELECT sum(events) FROM task") == 8);
  }
}

TEST_CASE("a corrupt file is refused with its name and the way out, and the other partitions go on") {
  Folded folded;
  for (const bool wholly : {false, true}) {
    CAPTURE(wholly);
    const std::string path = file(folded.directory, "p-0000.db");
    if (wholly) {
      std::ofstream{path, std::ios::trunc} << std::string(10'000, 'x');
    } else {
      overwrite_pages(path);
    }
    append(folded.log, 0, fmt::format("more-{}", wholly), "t-1");
    append(folded.log, 1, fmt::format("more-{}", wholly), "t-1");
    Process process{folded.log, folded.directory.path()};
    process.turns(3);
    const auto stats = process.runner.stats();
    REQUIRE(stats.refused.contains("p-0000"));
    for (const char* part : {"p-0000.db", "corrupt", "--repair"})
      CHECK_MESSAGE(stats.refused.at("p-0000").find(part) != std::string::npos, part);
    CHECK_FALSE(stats.refused.contains("p-0001"));
    CHECK(stats.suspended.empty());
    CHECK_FALSE(fs::exists(path + ".corrupt-1"));  // never without being asked
    CHECK(ask(process.readers, "SELECT count(*) FROM meta") > 0);
  }
}

TEST_CASE("--repair moves a corrupt file aside, never over another one, and folds the partition anew") {
  Folded folded;
  const std::string path = file(folded.directory, "p-0000.db");
  for (int time = 1; time <= 2; ++time) {
    CAPTURE(time);
    overwrite_pages(path);
    const auto size = fs::file_size(path);
    Process process{folded.log, folded.directory.path(), {.repair = true}};
    process.turns(3);
    CHECK(process.runner.stats().refused.empty());
    CHECK(ask(process.readers, "SELECT sum(events) FROM task") == 6);
    CHECK(fs::file_size(fmt::format("{}.corrupt-{}", path, time)) == size);
    CHECK_FALSE(fs::exists(file(folded.directory, "p-0001.db.corrupt-1")));
  }
}

// A rebuild publishes no dead letters: those of the file it was to replace would never be heard of.
TEST_CASE("--repair folds from the start, not on from a rebuild that was under way beside the corrupt file") {
  Place place;
  const std::string path = place.path();
  {
    auto serving = place.open().value();
    auto next = place.files.open_next("p-0007", {.cluster_id = "cluster-a"}).value();
    for (projection::PartitionStore* store : {serving.get(), next.get()}) {
      store->begin();
      store->dead_letter(record_at(0), {"not_json", "", "no JSON"});
      store->advance(record_at(0));
      store->commit();
    }
    REQUIRE(serving->unpublished(1).size() == 1);
  }
  std::ofstream{path, std::ios::trunc} << std::string(10'000, 'x');
  Files repairing{place.directory.path(), place.readers, {}, {.repair = true}};
  {
    const auto anew = repairing.open("p-0007", {.cluster_id = "cluster-a"}).value();
    CHECK(anew->positions().empty());
    CHECK_FALSE(repairing.has_next("p-0007"));
    CHECK(fs::exists(path + ".corrupt-1"));
  }
  CHECK(place.open().value()->positions().empty());  // and so it stays
}

TEST_CASE("corruption met while running stops its partition only") {
  Folded folded;
  Process process{folded.log, folded.directory.path()};
  process.turns(2);
  fs::resize_file(file(folded.directory, "p-0000.db"), 4096);
  append(folded.log, 0, "late", "t-2");
  append(folded.log, 1, "late", "t-2");
  process.turns(5);
  const auto stats = process.runner.stats();
  REQUIRE(stats.refused.contains("p-0000"));
  CHECK(stats.refused.at("p-0000").find("--repair") != std::string::npos);
  CHECK_FALSE(stats.refused.contains("p-0001"));
}

TEST_CASE("a raised partition count is refused with the way out, and --rebuild folds anew") {
  Place place;
  auto store = place.open({.cluster_id = "cluster-a", .partitions = 12}).value();
  store->begin();
  fold(*store, 0, "t-1");
  store->commit();
  store.reset();
  const auto raised = place.open({.cluster_id = "cluster-a", .partitions = 24});
  REQUIRE_FALSE(raised);
  CHECK(raised.error().kind == ErrorKind::fatal);
  for (const char* part : {"12 partitions", "24 now", "p-0007.db", "--rebuild"})
    CHECK_MESSAGE(raised.error().message.find(part) != std::string::npos, part);
  CHECK(place.open({.cluster_id = "cluster-a", .partitions = 12}).ok());

  Files anew{place.directory.path(), place.readers, {}, {.rebuild = true}};
  for (int start = 0; start < 2; ++start) {  // and only once
    store = anew.open("p-0007", {.cluster_id = "cluster-a", .partitions = 24}).value();
    CHECK(store->positions().size() == static_cast<std::size_t>(start));
    store->begin();
    fold(*store, start, "t-1");
    store->commit();
    store.reset();
  }
  CHECK(fs::exists(place.path() + ".outgrown-1"));
}

TEST_CASE("a file that was folded before the count was known takes the first that is told") {
  Place place;
  place.open().value().reset();
  place.open({.cluster_id = "cluster-a", .partitions = 12}).value().reset();
  CHECK_FALSE(place.open({.cluster_id = "cluster-a", .partitions = 24}));
}

}  // namespace
}  // namespace godwit::sqlite::testing
