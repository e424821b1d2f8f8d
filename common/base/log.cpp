#include "common/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <string>

namespace godwit {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

using Redirection = std::function<void(LogLevel, std::string_view)>;

struct Redirected {
  std::mutex mutex;
  std::shared_ptr<const Redirection> to;
};

Redirected& redirected() {
  static Redirected one;
  return one;
}

}  // namespace

Result<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::debug;
  if (text == "info") return LogLevel::info;
  if (text == "warn") return LogLevel::warn;
  if (text == "error") return LogLevel::error;
  return invalid_error(fmt::format("log level '{}' is not one of debug, info, warn, error", text));
}

void init_log(std::string_view program, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>(std::string{program},
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n: %v", spdlog::pattern_time_type::utc);
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void redirect_log(std::function<void(LogLevel, std::string_view)> to) {
  const std::lock_guard lock{redirected().mutex};
  redirected().to = to ? std::make_shared<const Redirection>(std::move(to)) : nullptr;
}

void log_line(LogLevel level, std::string_view message) {
  std::shared_ptr<const Redirection> to;
  {
    const std::lock_guard lock{redirected().mutex};
    to = redirected().to;
  }
  if (to) return (*to)(level, message);
  spdlog::log(to_spdlog(level), "{}", message);
}

}  // namespace godwit
