#include "producers/cli/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace godwit::cli {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;

}  // namespace

std::optional<std::string> LineReader::next() {
  std::string line;
  for (;;) {
    const std::string_view rest = std::string_view{chunk_}.substr(at_);
    const std::size_t end = rest.find('\n');
    const std::string_view part = rest.substr(0, end);
    line += part.substr(0, options_.line_bytes_max - std::min(options_.line_bytes_max, line.size()));
    if (end != std::string_view::npos) {
      at_ += end + 1;
      return line;
    }
    at_ = chunk_.size();
    if (fill()) continue;
    has_dropped_line_ = is_stopped_ && !line.empty();
    return line.empty() || is_stopped_ ? std::nullopt : std::optional{line};
  }
}

bool LineReader::fill() {
  for (;;) {
    std::array<pollfd, 2> fds{{{fd_, POLLIN, 0}, {is_stopped_ ? -1 : stop_fd_, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), is_stopped_ ? 0 : -1) < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    if (fds[1].revents != 0) {
      is_stopped_ = true;
      continue;
    }
    if (fds[0].revents == 0 || after_stop_bytes_ >= options_.after_stop_bytes_max) return false;
    chunk_.resize(chunk_bytes);
    const ssize_t got = read(fd_, chunk_.data(), chunk_.size());
    chunk_.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
    at_ = 0;
    if (got < 0 && errno == EINTR) continue;
    if (is_stopped_) after_stop_bytes_ += chunk_.size();
    return got > 0;
  }
}

}  // namespace godwit::cli
