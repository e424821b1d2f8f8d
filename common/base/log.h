// The program's log: one line per fact on standard error, `time level message`. Call init_log once in main;
// logging is safe from every thread afterwards. Nothing secret is ever logged: endpoint URLs, tokens and
// passwords are not arguments here.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace godwit {

enum class LogLevel { debug, info, warn, error };

Result<LogLevel> parse_log_level(std::string_view text);
void init_log(std::string_view program, LogLevel level);
// For a library inside somebody else's program: lines go to `to` from now on, from any thread. Empty: back.
void redirect_log(std::function<void(LogLevel, std::string_view)> to);
void log_line(LogLevel level, std::string_view message);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace godwit
