#include "producers/worker/parse/framing.h"

#include <algorithm>

namespace godwit::worker::parse {

void LineFramer::feed(std::string_view bytes, const std::function<void(std::string_view)>& on_line) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    line_.append(part.substr(0, options_.line_bytes_max - std::min(options_.line_bytes_max, line_.size())));
    if (end == std::string_view::npos) return;
    finish(on_line);
    bytes.remove_prefix(end + 1);
  }
}

void LineFramer::finish(const std::function<void(std::string_view)>& on_line) {
  if (!line_.empty()) on_line(line_);
  line_.clear();
}

}  // namespace godwit::worker::parse
