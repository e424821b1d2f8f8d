#include "producers/gateway/batch.h"

namespace godwit::gateway {
namespace {

constexpr std::string_view white = " \t\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

// The place after a string that begins at `at`, or npos when it has no end.
std::size_t skip_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\')
      ++at;
    else if (json[at] == '"')
      return at + 1;
  }
  return std::string_view::npos;
}

// The place of the top-level comma at or after `at`, json.size() when there is none, npos when brackets or
// quotes do not close.
std::size_t element_end(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = skip_string(json, at);
      if (at == std::string_view::npos) return at;
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') {
      if (depth == 0) return std::string_view::npos;
      --depth;
    }
    if (c == ',' && depth == 0) return at;
    ++at;
  }
  return depth == 0 ? json.size() : std::string_view::npos;
}

}  // namespace

std::optional<std::vector<std::string_view>> split_array(std::string_view json, std::size_t elements_max) {
  json = trim(json);
  if (json.size() < 2 || json.front() != '[' || json.back() != ']') return std::nullopt;
  json = json.substr(1, json.size() - 2);
  std::vector<std::string_view> out;
  if (trim(json).empty()) return out;
  for (std::size_t at = 0; out.size() <= elements_max;) {
    const std::size_t end = element_end(json, at);
    if (end == std::string_view::npos) return std::nullopt;
    out.push_back(trim(json.substr(at, end - at)));
    if (end == json.size()) break;
    at = end + 1;
  }
  return out;
}

}  // namespace godwit::gateway
