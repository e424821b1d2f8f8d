#include "producers/cli/line_reader.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <vector>

namespace {

using namespace godwit::cli;

struct Pipe {
  Pipe() { REQUIRE(pipe2(fds, O_CLOEXEC) == 0); }
  ~Pipe() {
    end();
    close(fds[0]);
  }
  void write(std::string_view text) const {
    REQUIRE(::write(fds[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void end() {
    if (fds[1] >= 0) close(fds[1]);
    fds[1] = -1;
  }
  int fds[2] = {-1, -1};
};

std::vector<std::string> all(LineReader& lines) {
  std::vector<std::string> out;
  while (const auto line = lines.next()) out.push_back(*line);
  return out;
}

TEST_CASE("the last line needs no end when the input ends") {
  Pipe input;
  input.write("one\n\ntwo");
  input.end();
  LineReader lines{input.fds[0]};
  CHECK(all(lines) == std::vector<std::string>{"one", "", "two"});
  CHECK_FALSE(lines.has_dropped_line());
}

TEST_CASE("a stop takes what was written before it, and drops a line without its end") {
  Pipe input, stop;
  input.write("one\ntwo\nthr");
  stop.write("!");
  LineReader lines{input.fds[0], stop.fds[0]};
  CHECK(all(lines) == std::vector<std::string>{"one", "two"});
  CHECK(lines.has_dropped_line());
}

TEST_CASE("a writer that goes on after the stop is read up to the bound") {
  Pipe input, stop;
  input.write("one\n");
  stop.write("!");
  LineReader lines{input.fds[0], stop.fds[0], {.after_stop_bytes_max = 8}};
  std::size_t count = 0;
  while (lines.next()) {
    ++count;
    input.write("two\n");
  }
  CHECK(count == 2);
}

TEST_CASE("a line beyond the bound is cut there, and the next begins after its end") {
  Pipe input;
  input.write(std::string(100, 'x') + "\nnext\n");
  input.end();
  LineReader lines{input.fds[0], -1, {.line_bytes_max = 10}};
  CHECK(all(lines) == std::vector<std::string>{std::string(10, 'x'), "next"});
}

}  // namespace
