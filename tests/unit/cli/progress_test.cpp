#include "producers/cli/progress.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "producers/worker/parse/framing.h"

namespace {

using namespace godwit::cli;

std::optional<double> percentage(Dialect dialect, std::string_view line) {
  const auto found = read_progress(dialect, line);
  return found ? found->percentage : std::nullopt;
}

constexpr Dialect every_dialect[] = {Dialect::any,   Dialect::qemu_img, Dialect::nbdcopy,
                                     Dialect::rsync, Dialect::curl,     Dialect::pv,
                                     Dialect::dd,    Dialect::percent,  Dialect::figures};

TEST_CASE("each tool's line gives its own figure on its own basis, also when the tool is not known") {
  const auto check = [](Dialect dialect, std::string_view line, const Progress& expected) {
    CAPTURE(line);
    CHECK(read_progress(dialect, line) == expected);
    CHECK(read_progress(Dialect::any, line) == expected);
  };
  check(Dialect::qemu_img, "    (43.75/100%)", {.percentage = 43.75, .unit_basis = "allocated"});
  check(Dialect::rsync, "    219,414,528  20%  200.02MB/s    0:00:04  ",
        {.percentage = 20, .bytes_done = 219'414'528, .unit_basis = "allocated"});
  check(Dialect::rsync, "    219.41M  20%  200.02MB/s    0:00:04 (xfr#1, to-chk=3/5)",
        {.percentage = 20, .unit_basis = "allocated"});
  check(Dialect::dd, "536870912 bytes (537 MB, 512 MiB) copied, 1 s, 537 MB/s",
        {.bytes_done = 536'870'912, .unit_basis = "virtual"});
  check(Dialect::curl, " 66  256M    0     0   66  169M      0  99.9M  0:00:02  0:00:01  0:00:01 99.9M",
        {.percentage = 66, .unit_basis = "allocated"});
  check(Dialect::pv, " 512MiB 0:00:02 [ 256MiB/s] [=====>      ] 50% ETA 0:00:02", {.percentage = 50});
  check(Dialect::percent, "copied 12.5 % of disk 1", {.percentage = 12.5});
}

TEST_CASE("nbdcopy's figures and its bar count virtual bytes in units of 128 MiB") {
  const Progress expected{.percentage = 25, .unit_basis = "virtual", .granularity_bytes = 134'217'728};
  CHECK(read_progress(Dialect::nbdcopy, "25/100") == expected);
  CHECK(read_progress(Dialect::figures, "25/100") == expected);
  CHECK(read_progress(Dialect::nbdcopy, "\u2584  25% [**------]") == expected);
}

TEST_CASE("a bare number is progress for pv and on a descriptor of its own, and nowhere else") {
  CHECK(percentage(Dialect::pv, "20") == 20);
  CHECK(percentage(Dialect::figures, "20") == 20);
  CHECK_FALSE(read_progress(Dialect::any, "20"));
  CHECK_FALSE(read_progress(Dialect::pv, "536870912"));
}

TEST_CASE("what is no share of a hundred is no progress, whichever tool says it") {
  for (const std::string_view line :
       {"", "%", "x%", "120%", "-5%", "1,5%", "v2%", "50%off", "5.%", ".5%", "1.2.3%", "a/100%", "101/100",
        "1e1%", "100%20", "Images are identical.", "bytes copied, ", "-1 bytes copied, 1 s, 1 B/s"})
    for (const Dialect dialect : every_dialect) {
      CAPTURE(line);
      CAPTURE(static_cast<int>(dialect));
      CHECK_FALSE(read_progress(dialect, line));
    }
  CHECK_FALSE(read_progress(Dialect::none, "50%"));
}

TEST_CASE("the last share of a line counts, not one before it that is none") {
  CHECK(percentage(Dialect::any, "disk 1 at 100%, all 37%") == 37);
  CHECK(percentage(Dialect::any, "50% done, 120% of speed") == 50);
  CHECK(percentage(Dialect::any, "########          45.2%") == 45.2);
}

TEST_CASE("curl that does not know the size has no share to tell, although it says 100") {
  CHECK_FALSE(read_progress(
      Dialect::curl, "100  1256    0  1256    0     0   4321      0 --:--:-- --:--:-- --:--:--  4331"));
  CHECK(percentage(Dialect::curl,
                   "  0  256M    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0") == 0);
}

TEST_CASE("a real conversion, read as that of an unknown command, runs from 0 to 100") {
  std::ifstream file{GODWIT_CAPTURED_DIR "/qemu-img-convert.stdout", std::ios::binary};
  REQUIRE(file.is_open());
  std::ostringstream text;
  text << file.rdbuf();
  std::vector<double> found;
  const auto take = [&](std::string_view line) {
    if (const auto figure = percentage(Dialect::any, line)) found.push_back(*figure);
  };
  godwit::worker::parse::LineFramer framer;
  framer.feed(text.str(), take);
  framer.finish(take);
  REQUIRE(found.size() > 10);
  CHECK(std::is_sorted(found.begin(), found.end()));
  CHECK(found.front() == 0);
  CHECK(found.back() == 100);
}

TEST_CASE("the dialect is that of the program's name, wherever it lies, unless it is given") {
  CHECK(choose_dialect("auto", "/usr/bin/qemu-img") == Dialect::qemu_img);
  CHECK(choose_dialect("auto", "virt-v2v") == Dialect::nbdcopy);
  CHECK(choose_dialect("auto", "sh") == Dialect::any);
  CHECK(choose_dialect("none", "qemu-img") == Dialect::none);
  for (const std::string& name : dialect_names())
    if (name != "auto") CHECK(choose_dialect(name, "sh") != Dialect::any);
}

}  // namespace
