// Checks for our own mistakes: a condition that, if false, means the program is wrong. Prints place and
// values, then aborts; the supervisor restarts the process, and a start is always safe. Never used for input
// or for the state of the world.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace godwit {

[[noreturn]] void check_failed(std::string_view condition, std::string_view file, int line,
                               std::string_view detail);

}  // namespace godwit

// GODWIT_CHECK(condition, format, args...)
#define GODWIT_CHECK(condition, ...)                                                                    \
  do {                                                                                                  \
    if (!(condition)) ::godwit::check_failed(#condition, __FILE__, __LINE__, fmt::format(__VA_ARGS__)); \
  } while (false)
