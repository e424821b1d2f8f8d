#include "producers/cpp/spool/mapped_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/lib/temporary_directory.h"

namespace {

using godwit::Descriptor;
using godwit::producer::MappedFile;
using godwit::testing::TemporaryDirectory;

struct Scene {
  TemporaryDirectory directory;
  std::string path = directory.path() + "/file";

  MappedFile open() const {
    return {Descriptor{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)},
            std::filesystem::exists(path) ? std::filesystem::file_size(path) : 0};
  }
  std::string bytes() const {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
};

std::string text(std::size_t size, char first) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(first + static_cast<char>(i % 20)));
  return out;
}

TEST_CASE("what was appended is in the file at once, followed by zeros alone, and close() cuts them off") {
  const Scene scene;
  MappedFile file = scene.open();
  std::string all;
  for (std::size_t i = 0; i < 3'000; ++i) {  // across windows
    const std::string part = text(700 + i % 90, static_cast<char>('a' + i % 5));
    REQUIRE(file.append(part) == 0);
    all += part;
  }
  const std::string now = scene.bytes();
  CHECK(now.starts_with(all));
  CHECK(now.size() > all.size());
  CHECK(now.find_last_not_of('\0') == all.size() - 1);
  std::string part;
  REQUIRE(file.read(1'000'000, 300'000, part) == 0);
  CHECK(part == all.substr(1'000'000, 300'000));
  REQUIRE(file.read(all.size() - 10, 100, part) == 0);
  CHECK(part == all.substr(all.size() - 10));
  REQUIRE(file.close() == 0);
  CHECK(scene.bytes() == all);
}

TEST_CASE("a file goes on where an earlier process has ended, and after it was cut") {
  const Scene scene;
  REQUIRE(scene.open().append("one, ") == 0);
  CHECK(scene.bytes() == "one, ");
  MappedFile file = scene.open();
  REQUIRE(file.append("two, three") == 0);
  REQUIRE(file.truncate(10) == 0);
  REQUIRE(file.append("four") == 0);
  REQUIRE(file.sync() == 0);
  REQUIRE(file.close() == 0);
  CHECK(scene.bytes() == "one, two, four");
}

TEST_CASE("a file that cannot grow takes all of a text or nothing, and no signal comes") {
  const Scene scene;
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{200'000, 200'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    MappedFile file = scene.open();
    std::size_t taken = 0;
    const std::string part = text(999, 'a');
    while (file.append(part) == 0) ++taken;
    // It is still of use: what is short enough may fit, and what was taken is whole.
    _exit(taken == 200 && file.close() == 0 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(scene.bytes().size() == 200 * 999);
}

TEST_CASE("what was appended survives kill -9") {
  const Scene scene;
  const pid_t child = fork();
  if (child == 0) {
    MappedFile file = scene.open();
    (void)file.append("kept");
    kill(getpid(), SIGKILL);
  }
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(scene.bytes().starts_with("kept"));
}

}  // namespace
