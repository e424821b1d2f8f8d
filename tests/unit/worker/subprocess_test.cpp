#include "producers/worker/subprocess.h"

#include <doctest/doctest.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <thread>

namespace {

using namespace godwit;
using namespace godwit::worker;

Command shell(const std::string& script) {
  Command command;
  command.program = "sh";
  command.arguments = {"-c", script};
  return command;
}

struct Ran {
  Exit exit;
  std::map<Channel, std::string> output;
};

Ran run(const Command& command) {
  Ran out;
  Subprocess runner;
  const auto sink = [&](Channel channel, std::string_view bytes) { out.output[channel] += bytes; };
  const auto exit = runner.run(command, sink, {});
  REQUIRE(exit.ok());
  out.exit = *exit;
  return out;
}

bool is_gone(pid_t pid) {
  if (kill(pid, 0) != 0) return true;
  // A zombie waits for whoever adopted it: it runs no more.
  std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
  std::string number, name, state;
  stat >> number >> name >> state;
  return state == "Z" || state.empty();
}

bool is_gone_soon(pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!is_gone(pid) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return is_gone(pid);
}

TEST_CASE("exit code and output of a tool come back") {
  const Ran ran = run(shell("echo out; echo err >&2; exit 3"));
  CHECK(ran.exit == Exit{.code = 3, .signal = std::nullopt});
  CHECK(ran.output.at(Channel::standard_output) == "out\n");
  CHECK(ran.output.at(Channel::standard_error) == "err\n");
}

TEST_CASE("a tool ended by a signal has a signal and no exit code") {
  const Ran ran = run(shell("kill -KILL $$"));
  CHECK(ran.exit == Exit{.code = std::nullopt, .signal = SIGKILL});
}

TEST_CASE("the extra pipe is open at its number, and only when asked for") {
  Command command = shell("echo 25/100 >&9");
  CHECK_FALSE(run(command).exit.succeeded());
  command.has_extra_pipe = true;
  const Ran ran = run(command);
  CHECK(ran.exit.succeeded());
  CHECK(ran.output.at(Channel::extra) == "25/100\n");
}

TEST_CASE("a tool runs in the C locale with nothing to read") {
  setenv("LC_MESSAGES", "de_DE.UTF-8", 1);
  const Ran ran = run(shell("echo $LANG $LC_ALL $LC_MESSAGES; cat"));
  unsetenv("LC_MESSAGES");
  CHECK(ran.output.at(Channel::standard_output) == "C C\n");
}

TEST_CASE("both pipes flooded at once stall nothing and lose nothing") {
  const Ran ran = run(shell("head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait"));
  CHECK(ran.exit.succeeded());
  CHECK(ran.output.at(Channel::standard_output).size() == 3'000'000);
  CHECK(ran.output.at(Channel::standard_error).size() == 3'000'000);
}

TEST_CASE("a descendant that outlives the tool is ended and holds nobody up") {
  const Ran ran = run(shell("sleep 1000 & echo $!"));
  CHECK(ran.exit.succeeded());
  CHECK(is_gone_soon(std::stoi(ran.output.at(Channel::standard_output))));
}

TEST_CASE("a program that is not there is an error, not an exit code") {
  Subprocess runner;
  Command command;
  command.program = "godwit-no-such-tool";
  const auto exit = runner.run(command, [](Channel, std::string_view) {}, {});
  REQUIRE_FALSE(exit.ok());
  CHECK(exit.error().kind == ErrorKind::invalid);
  CHECK(exit.error().message == "cannot start godwit-no-such-tool: No such file or directory");
  CHECK(is_on_path("sh"));
  CHECK_FALSE(is_on_path("godwit-no-such-tool"));
}

// Stops the command as soon as it has written a line, which is its grandchild's pid.
Ran run_and_stop(const Command& command, const SubprocessOptions& options) {
  Ran out;
  Subprocess runner{nullptr, options};
  std::stop_source stop;
  const auto sink = [&](Channel channel, std::string_view bytes) {
    out.output[channel] += bytes;
    if (channel == Channel::standard_output && bytes.find('\n') != std::string_view::npos)
      stop.request_stop();
  };
  const auto exit = runner.run(command, sink, stop.get_token());
  REQUIRE(exit.ok());
  out.exit = *exit;
  return out;
}

TEST_CASE("a stop ends the tool and all it has started") {
  const Ran ran = run_and_stop(shell("sleep 1000 & echo $!; wait"), {});
  CHECK(ran.exit == Exit{.code = std::nullopt, .signal = SIGTERM});
  CHECK(is_gone_soon(std::stoi(ran.output.at(Channel::standard_output))));
}

TEST_CASE("a tool deaf to SIGTERM is killed when the bound has passed") {
  const Ran ran = run_and_stop(shell("trap '' TERM; echo 1; while :; do sleep 1000; done"),
                               {.terminate_wait_max = Millis{50}});
  CHECK(ran.exit == Exit{.code = std::nullopt, .signal = SIGKILL});
}

TEST_CASE("a stop requested before the start ends the tool at once") {
  Subprocess runner;
  std::stop_source stop;
  stop.request_stop();
  const auto exit = runner.run(
      shell("sleep 1000"), [](Channel, std::string_view) {}, stop.get_token());
  REQUIRE(exit.ok());
  CHECK_FALSE(exit->succeeded());
}

}  // namespace
