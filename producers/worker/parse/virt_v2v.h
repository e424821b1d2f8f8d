// What virt-v2v says: records of its machine-readable stream, one JSON object per line, and the progress bar
// of the copy on its standard error. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace godwit::worker::parse {

struct V2vRecord {
  enum class Kind { message, info, warning, error };
  Kind kind = Kind::message;
  std::string text;  // may have several lines
};

// nullopt for a line that is no record of these kinds.
std::optional<V2vRecord> virt_v2v_record(std::string_view line);

// One frame of the bar, "<spin>  12% [****---...]" -> 12, of the disk's virtual size; nullopt for any other
// text.
std::optional<int> virt_v2v_bar(std::string_view frame);

}  // namespace godwit::worker::parse
