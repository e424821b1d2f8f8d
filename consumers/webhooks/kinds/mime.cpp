#include "consumers/webhooks/kinds/mime.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/base64.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

constexpr std::size_t line_characters_max = 76;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

// As many whole characters as `bytes_max` bytes hold.
std::string_view whole_characters(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t size = bytes_max;
  while (size > 0 && is_continuation(text[size])) --size;
  return text.substr(0, size == 0 ? bytes_max : size);
}

// Broken at spaces; a word longer than a line stays whole.
std::string folded(std::string_view text, std::size_t used) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' ', 1), text.size());
    const std::string_view word = text.substr(0, end);
    if (used + word.size() > line_characters_max && word.front() == ' ' && word.size() > 1) {
      out += "\r\n";
      used = 0;
    }
    out += word;
    used += word.size();
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string encoded_words(std::string_view text) {
  constexpr std::size_t bytes_max = 42;  // 56 of base64 and 12 around them: folded lines stay below 76
  std::string out;
  while (!text.empty()) {
    const std::string_view part = whole_characters(text, bytes_max);
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64(part) + "?=";
    text.remove_prefix(part.size());
  }
  return out;
}

std::string text_header(std::string_view name, std::string_view text) {
  constexpr std::size_t plain_characters_max = 512;
  const std::string line = plain_line(text);
  const bool ascii =
      std::all_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const bool has_long_word = [&] {
    std::size_t length = 0;
    for (const char c : line)
      if ((length = c == ' ' ? 0 : length + 1) > line_characters_max / 2) return true;
    return false;
  }();
  // What looks like an encoded word must be encoded itself, or it would be read as one.
  const bool as_it_is = ascii && !has_long_word && line.size() <= plain_characters_max &&
                        line.find("=?") == std::string::npos && line.find("  ") == std::string::npos &&
                        !line.ends_with(' ');
  const std::string head = fmt::format("{}: ", name);
  return head + (as_it_is ? folded(line, head.size()) : (line.empty() ? "" : encoded_words(line))) + "\r\n";
}

std::string mail_date(Timestamp time) {
  constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // RFC 5322 has years from 1900 on, of four digits here.
  constexpr Timestamp first{std::chrono::sys_days{std::chrono::year{1900} / 1 / 1}};
  constexpr Timestamp last{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};
  const Timestamp shown = std::clamp(time, first, last);
  const auto day = std::chrono::floor<std::chrono::days>(shown);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(shown - day)};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
                     days.at(std::chrono::weekday{day}.c_encoding()), static_cast<unsigned>(date.day()),
                     months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      out += "\r\n";
      used = 0;
      continue;
    }
    const bool line_ends = at + 1 == text.size() || text[at + 1] == '\n';
    const bool space = (c == ' ' || c == '\t') && !line_ends;
    const bool plain = space || (c > ' ' && c <= '~' && c != '=');
    if (used + (plain ? 1 : 3) > line_characters_max - 1) {
      out += "=\r\n";
      used = 0;
    }
    // A dot or "From " at the start of a line has a meaning to some who pass mail on.
    const bool risky = used == 0 && (c == '.' || c == 'F');
    const std::string piece =
        plain && !risky ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
    out += piece;
    used += piece.size();
  }
  return out;
}

}  // namespace godwit::webhooks::kinds
