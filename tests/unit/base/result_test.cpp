#include "common/base/result.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "common/base/log.h"
#include "common/base/strong.h"

namespace godwit {
namespace {

// Whether `act` aborts, found out in a child process.
template <class Act>
bool aborts(Act act) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    static_cast<void>(std::freopen("/dev/null", "w", stderr));
    act();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

TEST_CASE("a result holds a value or an error and says which") {
  const Result<int> value = 7;
  CHECK(value.ok());
  CHECK(*value == 7);
  const Result<int> error = invalid_error("no");
  CHECK_FALSE(error);
  CHECK(error.error() == Error{ErrorKind::invalid, "no"});
}

TEST_CASE("a value that cannot be copied is moved out of its result") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  CHECK(**result == 7);
  const std::unique_ptr<int> taken = *std::move(result);
  CHECK(*taken == 7);
}

TEST_CASE("reading what is not there is a programming error and aborts") {
  CHECK(aborts([] {
    const Result<int> error = fatal_error("gone");
    static_cast<void>(*error);
  }));
  CHECK(aborts([] {
    const Result<int> value = 1;
    static_cast<void>(value.error());
  }));
  CHECK_FALSE(aborts([] {}));
}

TEST_CASE("each kind of error has a name") {
  CHECK(to_string(transient_error("").kind) == "transient");
  CHECK(to_string(invalid_error("").kind) == "invalid");
  CHECK(to_string(fatal_error("").kind) == "fatal");
}

TEST_CASE("strong types compare among themselves") {
  using Apples = Strong<struct ApplesTag, int>;
  CHECK(Apples{1} < Apples{2});
  CHECK(Apples{} == Apples{0});
  CHECK(std::hash<Apples>{}(Apples{3}) == std::hash<int>{}(3));
}

TEST_CASE("log levels are read by name and a wrong one names the right ones") {
  CHECK(*parse_log_level("warn") == LogLevel::warn);
  const auto wrong = parse_log_level("loud");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("debug, info, warn, error") != std::string::npos);
}

}  // namespace
}  // namespace godwit
