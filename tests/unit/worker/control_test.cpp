#include "producers/worker/control.h"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "producers/worker/control_socket.h"
#include "producers/worker/file.h"
#include "producers/worker/order.h"
#include "producers/worker/pace.h"
#include "producers/worker/subprocess.h"

namespace {

using namespace godwit;
using namespace godwit::worker;
using namespace std::chrono_literals;

TEST_CASE("orders are words, a rate and maybe a task") {
  CHECK(parse_order("pause")->kind == Order::Kind::pause);
  CHECK(parse_order(" resume  web-1 ")->task == "web-1");
  CHECK(parse_order("rate-limit 1048576 p.web")->rate == 1048576);
  CHECK(parse_order("rate-limit 1048576 p.web")->task == "p.web");
  CHECK_FALSE(parse_order("rate-limit 0")->rate.has_value());
  for (const std::string_view line :
       {"", "stop", "rate-limit", "rate-limit fast", "rate-limit 7", "pause a b"})
    CHECK_FALSE(parse_order(line).ok());
}

TEST_CASE("a pause is told once when it begins and once when it ends, by the thread that works") {
  Control control;
  std::vector<bool> told;
  control.on_pause([&](bool paused) { told.push_back(paused); });
  control.pause();
  control.pause();
  CHECK(told.empty());
  CHECK(control.obey());
  CHECK(control.obey());
  control.resume();
  CHECK_FALSE(control.hold({}));
  CHECK(told == std::vector<bool>{true, false});
}

TEST_CASE("a transfer goes on at a new rate at once") {
  Control control{1};
  Pace pace{control};
  std::jthread later{[&] { control.limit(std::nullopt); }};
  pace.wait_until_due(1'000'000, {});  // would be due in eleven days
  CHECK_FALSE(control.rate().has_value());
}

char state_of(pid_t pid) {
  std::ifstream stat{fmt::format("/proc/{}/stat", pid)};
  std::string id, name, state;
  stat >> id >> name >> state;
  return state.empty() ? '?' : state[0];
}

template <class Condition>
bool soon(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition())
    if (std::chrono::steady_clock::now() > deadline) return false;
  return true;
}

TEST_CASE("a paused tool and all it has started are stopped, go on, and can be ended while stopped") {
  Control control;
  Subprocess runner{&control};
  std::stop_source stop;
  std::atomic<pid_t> child = 0;
  std::string said;
  const auto sink = [&](Channel, std::string_view bytes) {
    said += bytes;
    if (said.ends_with('\n')) child = std::stoi(said);
  };
  Exit exit;
  std::jthread worker{[&] {
    Command command;
    command.program = "sh";
    command.arguments = {"-c", "sleep 1000 & echo $!; wait"};
    exit = runner.run(command, sink, stop.get_token()).value();
  }};
  REQUIRE(soon([&] { return child != 0; }));
  control.pause();
  CHECK(soon([&] { return state_of(child) == 'T'; }));
  control.resume();
  CHECK(soon([&] { return state_of(child) == 'S'; }));
  control.pause();
  CHECK(soon([&] { return state_of(child) == 'T'; }));
  stop.request_stop();
  worker.join();
  CHECK(exit.signal == SIGTERM);
}

TEST_CASE("the control socket obeys what it understands and says what it does not") {
  const auto folder = Workspace::create(std::filesystem::temp_directory_path().string()).value();
  std::atomic<int> pauses = 0;
  {
    const auto socket = ControlSocket::listen(folder.path("c"), [&](const Order& order) {
      if (!order.task.empty()) return Status{invalid_error("no such task")};
      ++pauses;
      return Status{Done{}};
    });
    REQUIRE(socket.ok());
    CHECK(give_order(folder.path("c"), "pause").ok());
    CHECK(pauses == 1);
    CHECK(give_order(folder.path("c"), "pause x").error().message == "no such task");
    CHECK(give_order(folder.path("c"), "dance").error().message.starts_with("'dance' is not one of"));
    CHECK_FALSE(ControlSocket::listen(folder.path("c"), {}).ok());
    CHECK((std::filesystem::status(folder.path("c")).permissions() & std::filesystem::perms(0077)) ==
          std::filesystem::perms::none);
  }
  CHECK_FALSE(std::filesystem::exists(folder.path("c")));
}

}  // namespace
