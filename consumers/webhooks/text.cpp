#include "consumers/webhooks/text.h"

#include <fmt/format.h>

namespace godwit::webhooks {
namespace {

constexpr std::string_view ellipsis = "\u2026";

std::size_t bytes_of_character(unsigned char first) {
  if (first >= 0xF0) return 4;
  if (first >= 0xE0) return 3;
  return first >= 0xC0 ? 2 : 1;
}

// Bytes of the longest beginning of `text` with at most `units_max` UTF-16 units.
std::size_t fitting_bytes(std::string_view text, std::size_t units_max) {
  std::size_t units = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t bytes = bytes_of_character(static_cast<unsigned char>(text[at]));
    units += bytes == 4 ? 2 : 1;
    if (units > units_max) return at;
    at += bytes;
  }
  return text.size();
}

}  // namespace

std::string cut(std::string_view text, std::size_t units_max) {
  if (fitting_bytes(text, units_max) == text.size()) return std::string{text};
  return std::string{text.substr(0, fitting_bytes(text, units_max - 1))}.append(ellipsis);
}

std::string one_line(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return out;
}

std::string escape_slack(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string escape_discord(std::string_view text) {
  constexpr std::string_view markup = "\\*_~`|[]<>";
  std::string out;
  for (const char c : text) {
    if (markup.find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string format_duration(Millis duration) {
  const auto ms = duration.count();
  if (ms > 0 && ms < 1000) return fmt::format("{}ms", ms);
  std::string seconds = fmt::format("{}", ms / 1000 % 60);
  if (ms % 1000 != 0) {
    seconds += fmt::format(".{:03}", ms % 1000);
    seconds.erase(seconds.find_last_not_of('0') + 1);
  }
  if (ms >= 3'600'000) return fmt::format("{}h{}m{}s", ms / 3'600'000, ms / 60'000 % 60, seconds);
  if (ms >= 60'000) return fmt::format("{}m{}s", ms / 60'000, seconds);
  return seconds + "s";
}

}  // namespace godwit::webhooks
