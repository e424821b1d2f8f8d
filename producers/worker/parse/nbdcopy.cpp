#include "producers/worker/parse/nbdcopy.h"

#include "producers/worker/parse/number.h"

namespace godwit::worker::parse {

std::optional<int> nbdcopy_progress(std::string_view line) {
  if (!take_suffix(line, "/100") || line.empty() || line.front() == '-') return std::nullopt;
  const auto percentage = number<int>(line);
  return percentage && *percentage <= 100 ? percentage : std::nullopt;
}

}  // namespace godwit::worker::parse
