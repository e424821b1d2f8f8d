// Numbers in a tool's output: the whole text must be one, or it is none.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace godwit::worker::parse {

template <class Number, class... Base>
std::optional<Number> number(std::string_view text, Base... base) {
  Number out{};
  const char* const end = text.data() + text.size();
  const auto [stopped_at, error] = std::from_chars(text.data(), end, out, base...);
  if (error != std::errc{} || stopped_at != end) return std::nullopt;
  return out;
}

// Removes `prefix` from the front of `text`; false, and nothing changes, when it is not there.
inline bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

inline bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace godwit::worker::parse
