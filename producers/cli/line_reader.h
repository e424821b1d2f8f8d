// Lines of a descriptor, until it ends or a signal asks to stop.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace godwit::cli {

struct LineReaderOptions {
  std::size_t line_bytes_max = 2 << 20;  // what is longer is cut here, and the rest of that line dropped
  std::size_t after_stop_bytes_max = 1 << 20;  // read after the stop, of what lies in the pipe already
};

// Borrows its descriptors. `stop_fd` (-1: none) becomes readable when reading shall end: what the writer has
// written until then is still read, nothing more is waited for.
class LineReader {
 public:
  explicit LineReader(int fd, int stop_fd = -1, LineReaderOptions options = {})
      : fd_(fd), stop_fd_(stop_fd), options_(options) {}

  // The next line without its end; nullopt when there is none. The last one needs no \n, but when stopped
  // before that came the line may be incomplete: it is dropped then.
  std::optional<std::string> next();

  bool has_dropped_line() const { return has_dropped_line_; }

 private:
  bool fill();

  int fd_, stop_fd_;
  LineReaderOptions options_;
  std::string chunk_;
  std::size_t at_ = 0;  // in chunk_
  std::size_t after_stop_bytes_ = 0;
  bool is_stopped_ = false, has_dropped_line_ = false;
};

}  // namespace godwit::cli
