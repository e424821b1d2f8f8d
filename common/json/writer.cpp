#include "common/json/writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/json/rapidjson.h"

namespace godwit::json {
namespace {

constexpr std::array<char, 16> hex{'0', '1', '2', '3', '4', '5', '6', '7',
                                   '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};
constexpr unsigned first_printable = 0x20;

// For each byte: itself when it may stand in a text, 'u' when it must be written as \u00XX, else the letter
// after the backslash.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> out{};
  for (unsigned byte = 0; byte < out.size(); ++byte) out[byte] = byte < first_printable ? 'u' : '\0';
  out['\b'] = 'b';
  out['\f'] = 'f';
  out['\n'] = 'n';
  out['\r'] = 'r';
  out['\t'] = 't';
  out['"'] = '"';
  out['\\'] = '\\';
  return out;
}

constexpr std::array<char, 256> escapes = make_escapes();

char escape_of(char byte) { return escapes[static_cast<unsigned char>(byte)]; }

}  // namespace

void Writer::begin_value() {
  if (has_sibling_) out_ += ',';
}

Writer& Writer::end_value() {
  has_sibling_ = true;
  return *this;
}

Writer& Writer::plain(std::string_view json) {
  begin_value();
  out_ += json;
  return end_value();
}

void Writer::quote(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const auto odd = std::find_if(text.begin(), text.end(), [](char byte) { return escape_of(byte) != 0; });
    const auto plain = static_cast<std::size_t>(odd - text.begin());
    out_.append(text.substr(0, plain));
    if (odd == text.end()) break;
    const auto byte = static_cast<unsigned char>(*odd);
    out_ += '\\';
    out_ += escape_of(*odd);
    if (escape_of(*odd) == 'u') {
      out_ += "00";
      out_ += hex[byte >> 4];
      out_ += hex[byte & 0xF];
    }
    text.remove_prefix(plain + 1);
  }
  out_ += '"';
}

Writer& Writer::begin_object() {
  begin_value();
  out_ += '{';
  has_sibling_ = false;
  return *this;
}
Writer& Writer::end_object() {
  out_ += '}';
  return end_value();
}
Writer& Writer::begin_array() {
  begin_value();
  out_ += '[';
  has_sibling_ = false;
  return *this;
}
Writer& Writer::end_array() {
  out_ += ']';
  return end_value();
}
Writer& Writer::key(std::string_view name) {
  begin_value();
  quote(name);
  out_ += ':';
  has_sibling_ = false;
  return *this;
}
Writer& Writer::value(std::string_view text) {
  begin_value();
  quote(text);
  return end_value();
}

template <class Number>
Writer& Writer::digits(Number number) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.begin(), buffer.end(), number).ptr;
  return plain({buffer.begin(), static_cast<std::size_t>(end - buffer.begin())});
}

Writer& Writer::value(std::int64_t number) { return digits(number); }
Writer& Writer::value(std::uint64_t number) { return digits(number); }
Writer& Writer::value(double number) {
  if (!std::isfinite(number)) return null();
  std::array<char, 32> buffer;
  constexpr int all_decimals = 324;
  const char* const end = rapidjson::internal::dtoa(number, buffer.data(), all_decimals);
  return plain({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}
Writer& Writer::value(bool flag) { return plain(flag ? "true" : "false"); }
Writer& Writer::null() { return plain("null"); }
Writer& Writer::raw(std::string_view json) { return plain(json); }

}  // namespace godwit::json
