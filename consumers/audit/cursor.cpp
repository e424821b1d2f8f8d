#include "consumers/audit/cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/base64.h"

namespace godwit::audit {
namespace {

constexpr std::size_t file_name_max = 255;  // topic, dash and partition

std::string plain(const Place& place, Order order) {
  return fmt::format("1{} {} {} {}", order == Order::newest ? 'n' : 'o', place.event_ms, place.id,
                     place.file);
}

// Takes the text up to the next blank.
std::string_view next_word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::optional<std::int64_t> integer(std::string_view word) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  return error == std::errc{} && end == word.data() + word.size() ? std::optional{out} : std::nullopt;
}

bool is_file_name(std::string_view text) {
  return !text.empty() && text.size() <= file_name_max && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

std::string cursor_text(const Place& place, Order order) { return base64url(plain(place, order)); }

std::optional<Place> parse_cursor(std::string_view text, Order order) {
  const auto decoded = from_base64url(text);
  if (!decoded) return std::nullopt;
  std::string_view rest = *decoded;
  next_word(rest);
  const auto event_ms = integer(next_word(rest));
  const auto id = integer(next_word(rest));
  if (!event_ms || !id || !is_file_name(rest)) return std::nullopt;
  Place place{*event_ms, std::string{rest}, *id};
  return plain(place, order) == *decoded ? std::optional{std::move(place)} : std::nullopt;
}

}  // namespace godwit::audit
