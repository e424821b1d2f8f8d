#include "consumers/webhooks/signing.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace godwit::webhooks {
namespace {

constexpr std::size_t digest_bytes = 32;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Crockford's alphabet, lower case: no letter that looks like a digit.
std::string base32(std::string_view bytes, std::size_t characters) {
  constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string out;
  unsigned buffer = 0;
  unsigned bits = 0;
  for (const char byte : bytes) {
    buffer = (buffer << 8U | static_cast<unsigned char>(byte)) & 0xFFFFU;
    for (bits += 8; bits >= 5 && out.size() < characters; bits -= 5)
      out.push_back(alphabet[buffer >> (bits - 5) & 31U]);
    if (out.size() == characters) break;
  }
  return out;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, digest_bytes> digest{};
  unsigned size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  GODWIT_CHECK(done == 1 && size == digest_bytes, "SHA-256 gave {} bytes", size);
  return {digest.begin(), digest.end()};
}

std::string make_delivery_id(std::string_view source, std::string_view event_id, std::string_view endpoint) {
  constexpr std::size_t characters = 26;
  std::string named{source};
  named.append(1, '\0').append(event_id).append(1, '\0').append(endpoint);
  return "msg_" + base32(sha256(named), characters);
}

std::string base64_encode(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.size() - 1 - text.find_last_not_of('=');
  if (padding > 2 || text.find_first_of(" \t\r\n") != std::string_view::npos) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(size) - padding);  // OpenSSL decodes padding to zeros
  return out;
}

Result<std::string> decode_secret(std::string_view secret) {
  constexpr std::string_view prefix = "whsec_";
  constexpr std::size_t key_bytes_min = 24;
  constexpr std::size_t key_bytes_max = 64;
  auto key = secret.starts_with(prefix) ? base64_decode(secret.substr(prefix.size())) : std::nullopt;
  if (!key || key->size() < key_bytes_min || key->size() > key_bytes_max)
    return invalid_error(
        fmt::format("must be whsec_ and the base64 of {} to {} bytes", key_bytes_min, key_bytes_max));
  return std::move(*key);
}

std::string sign(std::string_view key, std::string_view id, Timestamp at, std::string_view body) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  const std::string text = fmt::format("{}.{}.{}", id, seconds, body);
  std::array<unsigned char, digest_bytes> mac{};
  unsigned size = 0;
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
                          mac.data(), &size);
  GODWIT_CHECK(done != nullptr && size == digest_bytes, "HMAC gave {} bytes", size);
  return "v1," + base64_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

}  // namespace godwit::webhooks
