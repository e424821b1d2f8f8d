#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "producers/cli/commands.h"

namespace godwit::cli {

int Audit::run(int argc, char** argv) {
  const std::string_view command = argc > 2 ? argv[2] : "";
  if (command.empty() ||
      command.starts_with('-')) {  // which godwit-audit would take to mean that it is to serve
    fmt::print(stderr, "usage: godwit audit verify|prove|compare|export|redact|key ...; each has --help\n");
    return command == "--help" ? 0 : 2;
  }
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = (self.parent_path() / "godwit-audit").string();
  std::vector<char*> arguments(argv + 1, argv + argc);  // from the word "audit" on
  arguments.push_back(nullptr);
  execv(beside.c_str(), arguments.data());
  execvp("godwit-audit", arguments.data());
  fmt::print(stderr, "godwit: cannot start {}, nor godwit-audit from PATH: {}\n", beside,
             std::strerror(errno));
  return 1;
}

}  // namespace godwit::cli
