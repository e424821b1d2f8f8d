#include "common/base/base64.h"

#include <cstdint>

namespace godwit {
namespace {

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out.push_back(alphabet[(bits >> (held - 6)) & 63U]);
  }
  if (held > 0) out.push_back(alphabet[(bits << (6 - held)) & 63U]);
  return out;
}

// What the whole groups of six bits say; what is left over is for the caller to judge.
std::optional<std::string> decode(std::string_view text, std::string_view alphabet) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<char>((bits >> held) & 255U));
  }
  return out;
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string out = encode(bytes, standard);
  while (out.size() % 4 != 0) out.push_back('=');
  return out;
}

std::string base64url(std::string_view bytes) { return encode(bytes, url); }

std::optional<std::string> from_base64url(std::string_view text) {
  auto out = decode(text, url);
  return out && base64url(*out) == text ? std::move(out) : std::nullopt;
}

std::optional<std::string> from_base64(std::string_view text) {
  auto out = decode(text.substr(0, text.find('=')), standard);
  return out && base64(*out) == text ? std::move(out) : std::nullopt;
}

}  // namespace godwit
