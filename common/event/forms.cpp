#include "common/event/forms.h"

#include <algorithm>
#include <array>

#include "common/base/clock.h"

namespace godwit::event {
namespace {

enum CharacterClass : std::uint8_t {
  lower = 1,
  digit = 2,
  upper = 4,
  control = 8,
  not_in_uri = 16,
  dash = 32,    // - and _
  dot = 64,     // .
  colon = 128,  // :
};

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> out{};
  const auto mark = [&](std::string_view characters, unsigned what) {
    for (const char c : characters) {
      auto& entry = out[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | what);
    }
  };
  mark("abcdefghijklmnopqrstuvwxyz", lower);
  mark("ABCDEFGHIJKLMNOPQRSTUVWXYZ", upper);
  mark("0123456789", digit);
  mark("-_", dash);
  mark(".", dot);
  mark(":", colon);
  mark(" <>\"{}|\\^`", not_in_uri);
  for (std::size_t c = 0; c < 0x20; ++c) out[c] = control;
  out[0x7F] = control;
  return out;
}
constexpr auto classes = make_classes();

unsigned class_of(char c) { return classes[static_cast<unsigned char>(c)]; }

bool all(std::string_view text, unsigned allowed) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return (class_of(c) & allowed) != 0; });
}

// No character of these classes, nor a C1 control character, which UTF-8 writes as C2 80 to C2 9F.
bool none(std::string_view text, unsigned forbidden) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((class_of(text[i]) & forbidden) != 0) return false;
    if (text[i] == '\xC2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0)
      return false;
  }
  return true;
}

bool is_traceparent(std::string_view text) {
  constexpr std::string_view form = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (form[i] == 'x' ? !hex : text[i] != '-') return false;
  }
  const auto zero = [](std::string_view id) { return id.find_first_not_of('0') == std::string_view::npos; };
  return text.substr(0, 2) != "ff" && !zero(text.substr(3, 32)) && !zero(text.substr(36, 16));
}

bool is_json_type(std::string_view text) {
  const std::string_view media = text.substr(0, text.find(';'));
  return none(text, control) &&
         (media == "application/json" || media == "text/json" || media.ends_with("+json"));
}

// Bytes of the code point at the front of `text`, 0 when it is not well-formed (RFC 3629, section 4).
std::size_t code_point_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond_unicode = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond_unicode ? 0 : size;
}

}  // namespace

bool matches(Form form, std::string_view text) {
  switch (form) {
    case Form::any:
      return true;
    case Form::line:
      return none(text, control);
    case Form::key:
      return !text.empty() && all(text, lower | upper | digit | dash | dot | colon);
    case Form::stage:
      return !text.empty() && (class_of(text[0]) & lower) != 0 && all(text, lower | digit | dash);
    case Form::provider:
      return !text.empty() && (class_of(text[0]) & (lower | digit)) != 0 &&
             all(text, lower | digit | dash | dot);
    case Form::attribute_name:
      return !text.empty() && all(text, lower | digit);
    case Form::uri_reference:
      return none(text, control | not_in_uri);
    case Form::date_time:
      return parse_rfc3339(text).ok();
    case Form::sequence:
      return text.size() == 20 && all(text, digit);
    case Form::traceparent:
      return is_traceparent(text);
    case Form::json_type:
      return is_json_type(text);
  }
  return false;
}

std::string_view describe(Form form) {
  switch (form) {
    case Form::any:
      return "text";
    case Form::line:
      return "text without control characters";
    case Form::key:
      return "1 to 128 of letters, digits, '.', '_', ':', '-'";
    case Form::stage:
      return "a lower-case name of letters, digits, '_', '-' that begins with a letter";
    case Form::provider:
      return "a lower-case name of letters, digits, '.', '_', '-'";
    case Form::attribute_name:
      return "named with lower-case letters and digits";
    case Form::uri_reference:
      return "a URI reference";
    case Form::date_time:
      return "an RFC 3339 time such as 2026-11-21T09:54:19.257Z";
    case Form::sequence:
      return "20 digits, padded with zeros";
    case Form::traceparent:
      return "a W3C traceparent";
    case Form::json_type:
      return "application/json";
  }
  return "";
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = code_point_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::size_t count_characters(std::string_view utf8) {
  // Every byte that does not continue a code point begins one.
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace godwit::event
