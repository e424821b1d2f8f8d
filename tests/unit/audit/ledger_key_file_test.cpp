// The private key is made once, kept from others, and never replaced.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "consumers/audit/ledger/key_file.h"
#include "tests/lib/temporary_directory.h"

using namespace godwit;
using namespace godwit::audit::ledger;
namespace fs = std::filesystem;

namespace {

struct Rig {
  testing::TemporaryDirectory directory;
  std::string path = directory / "audit.key";

  std::string vkey() { return open_key_file(path, "godwit/c")->verifier().text(); }
  std::string why() {
    const auto opened = open_key_file(path, "godwit/c");
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == ErrorKind::fatal);
    CHECK(opened.error().message.starts_with("the key file " + path + ": "));
    return opened.error().message.substr(("the key file " + path + ": ").size());
  }
};

}  // namespace

TEST_CASE("the first start makes a key that only its owner reads, later starts keep it") {
  Rig rig;
  CHECK_FALSE(read_key_file(rig.path).ok());
  const mode_t before = ::umask(0);
  const std::string vkey = rig.vkey();
  ::umask(before);
  CHECK(fs::status(rig.path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(rig.vkey() == vkey);
  CHECK(read_key_file(rig.path)->verifier().text() == vkey);
  CHECK(std::distance(fs::directory_iterator{rig.directory.path()}, {}) == 1);
  Rig other;
  CHECK(other.vkey() != vkey);
}

TEST_CASE("processes that start at once all get the one key") {
  for (int round = 0; round < 20; ++round) {
    Rig rig;
    constexpr int processes = 4;
    for (int i = 0; i < processes; ++i) {
      if (::fork() != 0) continue;
      const auto opened = open_key_file(rig.path, "godwit/c");
      std::ofstream{rig.directory / std::to_string(i)}
          << (opened ? opened->verifier().text() : opened.error().message);
      ::_exit(0);
    }
    while (::wait(nullptr) > 0) {
    }
    const std::string vkey = rig.vkey();
    for (int i = 0; i < processes; ++i) {
      std::string said;
      std::getline(std::ifstream{rig.directory / std::to_string(i)}, said);
      CHECK(said == vkey);
    }
    CHECK(std::distance(fs::directory_iterator{rig.directory.path()}, {}) == 1 + processes);
  }
}

TEST_CASE("a key file that others may open, or of another cluster, is refused") {
  Rig rig;
  rig.vkey();
  for (const auto more : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
    fs::permissions(rig.path, fs::perms::owner_read | fs::perms::owner_write | more);
    CHECK(rig.why().starts_with("group or others may open it"));
  }
  fs::permissions(rig.path, fs::perms::owner_read);
  CHECK(rig.vkey().starts_with("godwit/c+"));
  CHECK(open_key_file(rig.path, "godwit/d").error().message.ends_with("its key is godwit/c, not godwit/d"));
}

TEST_CASE("what is no key is refused and left as it is") {
  Rig rig;
  for (const std::string_view text : {"", "no key\n", "PRIVATE+KEY+godwit/c+00000000+AAAA\n", "one\ntwo\n"}) {
    fs::remove(rig.path);
    std::ofstream{rig.path} << text;
    fs::permissions(rig.path, fs::perms::owner_read | fs::perms::owner_write);
    rig.why();
    CHECK(fs::file_size(rig.path) == text.size());
  }
  fs::remove(rig.path);
  fs::create_directory(rig.path);
  CHECK(rig.why() == "it is no regular file");
  rig.path = rig.directory / "absent/audit.key";
  rig.why();
}
