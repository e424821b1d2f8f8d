// Framing: cuts a tool's output into lines. Progress is written with \r, messages with \n; both end a line,
// and empty lines are left out.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace godwit::worker::parse {

struct FramingOptions {
  std::size_t line_bytes_max = 4096;  // what is longer is cut here, and the rest of that line dropped
};

// A value; feed it one stream's bytes in order. The line views the framer's memory and lives until the next
// call.
class LineFramer {
 public:
  explicit LineFramer(FramingOptions options = {}) : options_(options) {}

  void feed(std::string_view bytes, const std::function<void(std::string_view line)>& on_line);
  // The stream has ended: what is left without a terminator is a line too.
  void finish(const std::function<void(std::string_view line)>& on_line);

 private:
  FramingOptions options_;
  std::string line_;
};

}  // namespace godwit::worker::parse
