#include "consumers/webhooks/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace godwit::webhooks {
namespace {

constexpr std::string_view ellipsis = "\u2026";
constexpr std::string_view replacement = "\uFFFD";
constexpr char32_t none = 0xFFFFFFFF;

// The code point that begins `text`, and its bytes; `none` and one byte when it is no UTF-8.
struct Character {
  char32_t code = none;
  std::string_view bytes;
};

std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

Character first_of(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = length_of(first);
  const Character broken{none, text.substr(0, 1)};
  if (length == 0 || length > text.size()) return broken;
  if (length == 1) return {first, text.substr(0, 1)};
  char32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80) return broken;
    code = code << 6U | (byte & 0x3FU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool good = code >= least.at(length) && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return good ? Character{code, text.substr(0, length)} : broken;
}

bool is_in(char32_t code, std::initializer_list<std::pair<char32_t, char32_t>> ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const auto& range) { return code >= range.first && code <= range.second; });
}

bool turns_direction(char32_t code) {
  return is_in(code, {{0x061C, 0x061C}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}});
}

// Invisible, and of no use to a reader: soft hyphens, byte order marks, tags, zero-width spaces.
bool is_invisible(char32_t code) {
  return is_in(code, {{0x00AD, 0x00AD},
                      {0x200B, 0x200B},
                      {0x2060, 0x2064},
                      {0xFEFF, 0xFEFF},
                      {0xFFF9, 0xFFFB},
                      {0xE0000, 0xE0FFF}});
}

bool is_line_break(char32_t code) { return code == '\n' || code == '\r' || is_in(code, {{0x2028, 0x2029}}); }

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code <= 0x9F); }

// Part of the character before: accents, variation selectors, skin tones, joiners.
bool continues(char32_t code) {
  return is_in(code, {{0x0300, 0x036F},
                      {0x1AB0, 0x1AFF},
                      {0x200C, 0x200D},
                      {0x20D0, 0x20FF},
                      {0xFE00, 0xFE0F},
                      {0xFE20, 0xFE2F},
                      {0x1F3FB, 0x1F3FF}});
}

bool is_flag_half(char32_t code) { return is_in(code, {{0x1F1E6, 0x1F1FF}}); }

std::string cleaned(std::string_view text, bool one_line) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_of(text);
    text.remove_prefix(character.bytes.size());
    const char32_t code = character.code;
    if (code == none) {
      out += replacement;
    } else if (is_line_break(code)) {
      const bool second_half = code == '\r' && text.starts_with('\n');
      if (!second_half || one_line) out.push_back(one_line ? ' ' : '\n');
    } else if (is_control(code)) {
      out.push_back(code == '\t' && !one_line ? '\t' : ' ');
    } else if (!turns_direction(code) && !is_invisible(code)) {
      out += character.bytes;
    }
  }
  return out;
}

void as_is(std::string_view character, std::string& out) { out += character; }

void with_backslash(std::string_view character, std::string_view markup, std::string& out) {
  if (character.size() == 1 && markup.find(character.front()) != std::string_view::npos) out.push_back('\\');
  out += character;
}

}  // namespace

std::string plain(std::string_view text) { return cleaned(text, false); }
std::string plain_line(std::string_view text) { return cleaned(text, true); }
bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::size_t units_of(std::string_view text) {
  std::size_t units = 0;
  while (!text.empty()) {
    const Character character = first_of(text);
    units += character.bytes.size() == 4 ? 2 : 1;
    text.remove_prefix(character.bytes.size());
  }
  return units;
}

std::string cut(std::string_view text, std::size_t units_max, Escape escape) {
  if (escape == nullptr) escape = as_is;
  constexpr std::size_t back_units_max = 64;  // a longer pile of accents is cut through
  std::string out;
  std::size_t units = 0;
  std::size_t safe_bytes = 0;  // of `out`, where it may end with an ellipsis behind
  std::size_t safe_units = 0;
  std::size_t last_bytes = 0;  // the same, but between any two code points
  char32_t before = none;
  bool odd_flag = false;
  while (!text.empty()) {
    const Character character = first_of(text);
    if (units + 1 <= units_max) {
      const bool joined =
          continues(character.code) || before == 0x200D || (odd_flag && is_flag_half(character.code));
      last_bytes = out.size();
      if (!joined) {
        safe_bytes = out.size();
        safe_units = units;
      }
    }
    const std::size_t bytes = out.size();
    escape(character.code == none ? replacement : character.bytes, out);
    units += units_of(std::string_view{out}.substr(bytes));
    if (units > units_max) {
      out.resize(units - safe_units > back_units_max ? last_bytes : safe_bytes);
      return units_max == 0 ? std::string{} : out.append(ellipsis);
    }
    odd_flag = is_flag_half(character.code) && !odd_flag;
    before = character.code;
    text.remove_prefix(character.bytes.size());
  }
  return out;
}

void slack_escape(std::string_view character, std::string& out) {
  if (character == "&")
    out += "&amp;";
  else if (character == "<")
    out += "&lt;";
  else if (character == ">")
    out += "&gt;";
  else
    out += character;
}

void discord_escape(std::string_view character, std::string& out) {
  with_backslash(character, "\\*_~`|[]<>#", out);
}

void html_escape(std::string_view character, std::string& out) {
  if (character == "\"")
    out += "&quot;";
  else if (character == "'")
    out += "&#39;";
  else
    slack_escape(character, out);
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
