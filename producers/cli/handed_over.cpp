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

int HandedOver::run(int argc, char** argv) const {
  const std::string_view command = argc > 2 ? argv[2] : "";
  if (command.empty() ||
      command.starts_with('-')) {  // which the program would take to mean that it is to serve
    fmt::print(stderr, "usage: godwit {}; each has --help\n", usage);
    return command == "--help" ? 0 : 2;
  }
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string name{program};
  const std::string beside = (self.parent_path() / name).string();
  std::vector<char*> arguments(argv + 1, argv + argc);  // from the word behind `godwit` on
  arguments.push_back(nullptr);
  execv(beside.c_str(), arguments.data());
  execvp(name.c_str(), arguments.data());
  fmt::print(stderr, "godwit: cannot start {}, nor {} from PATH: {}\n", beside, name, std::strerror(errno));
  return 1;
}

}  // namespace godwit::cli
