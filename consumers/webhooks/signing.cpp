#include "consumers/webhooks/signing.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/base64.h"

namespace godwit::webhooks {
namespace {

constexpr std::size_t digest_bytes = 32;
constexpr std::size_t hmac_key_bytes_min = 24;
constexpr std::size_t hmac_key_bytes_max = 64;
constexpr std::size_t ed25519_bytes = 32;  // of a seed and of a public key
constexpr std::size_t ed25519_signature_bytes = 64;
// SubjectPublicKeyInfo of an Ed25519 key: this and the key's 32 bytes (RFC 8410).
constexpr std::string_view spki_head{"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12};

using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

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

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, digest_bytes> digest{};
  unsigned size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  GODWIT_CHECK(done == 1 && size == digest_bytes, "SHA-256 gave {} bytes", size);
  return {digest.begin(), digest.end()};
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Pkey private_key(std::string_view seed) {
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()),
          &EVP_PKEY_free};
}

std::string public_key(const Pkey& key) {
  std::array<unsigned char, ed25519_bytes> raw{};
  std::size_t size = raw.size();
  const int done = EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size);
  GODWIT_CHECK(done == 1 && size == raw.size(), "an Ed25519 public key of {} bytes", size);
  return {raw.begin(), raw.end()};
}

enum class Scheme { hmac, ed25519_private, ed25519_public };

struct SigningKey {
  Scheme scheme = Scheme::hmac;
  std::string bytes;  // the HMAC key, the seed, or the raw public key
};

std::optional<SigningKey> seed_of(const std::string& bytes) {
  if (bytes.size() != ed25519_bytes && bytes.size() != 2 * ed25519_bytes) return std::nullopt;
  SigningKey key{Scheme::ed25519_private, bytes.substr(0, ed25519_bytes)};
  const bool whole = bytes.size() == ed25519_bytes ||
                     public_key(private_key(key.bytes)) == std::string_view{bytes}.substr(ed25519_bytes);
  return whole ? std::optional{key} : std::nullopt;
}

std::optional<SigningKey> read_key(std::string_view text) {
  const std::size_t prefix = text.find('_');
  if (prefix == std::string_view::npos) return std::nullopt;
  const auto bytes = from_base64(text.substr(prefix + 1));
  if (!bytes) return std::nullopt;
  const std::string_view kind = text.substr(0, prefix);
  if (kind == "whsec" && bytes->size() >= hmac_key_bytes_min && bytes->size() <= hmac_key_bytes_max)
    return SigningKey{Scheme::hmac, *bytes};
  if (kind == "whsk") return seed_of(*bytes);
  if (kind != "whpk") return std::nullopt;
  const bool der = bytes->size() == spki_head.size() + ed25519_bytes && bytes->starts_with(spki_head);
  if (!der && bytes->size() != ed25519_bytes) return std::nullopt;
  return SigningKey{Scheme::ed25519_public, bytes->substr(bytes->size() - ed25519_bytes)};
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, digest_bytes> mac{};
  unsigned size = 0;
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
                          mac.data(), &size);
  GODWIT_CHECK(done != nullptr && size == digest_bytes, "HMAC gave {} bytes", size);
  return {mac.begin(), mac.end()};
}

std::string ed25519_sign(std::string_view seed, std::string_view text) {
  const Pkey key = private_key(seed);
  const Context context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  std::array<unsigned char, ed25519_signature_bytes> out{};
  std::size_t size = out.size();
  const bool done = EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                    EVP_DigestSign(context.get(), out.data(), &size, bytes_of(text), text.size()) == 1;
  GODWIT_CHECK(done && size == out.size(), "Ed25519 gave {} bytes", size);
  return {out.begin(), out.end()};
}

bool ed25519_verify(std::string_view raw, std::string_view text, std::string_view signature) {
  const Pkey key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(raw), raw.size()),
                 &EVP_PKEY_free};
  const Context context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  return key && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

bool is_right(const SigningKey& key, std::string_view version, std::string_view text,
              std::string_view signature) {
  if (key.scheme == Scheme::hmac) {
    const std::string mac = hmac(key.bytes, text);
    return version == "v1" && signature.size() == mac.size() &&
           CRYPTO_memcmp(mac.data(), signature.data(), mac.size()) == 0;
  }
  return key.scheme == Scheme::ed25519_public && version == "v1a" &&
         ed25519_verify(key.bytes, text, signature);
}

}  // namespace

std::string make_delivery_id(std::string_view source, std::string_view event_id, std::string_view endpoint) {
  constexpr std::size_t characters = 26;
  std::string named{source};
  named.append(1, '\0').append(event_id).append(1, '\0').append(endpoint);
  return "msg_" + base32(sha256(named), characters);
}

Status check_secrets(std::string_view secrets) {
  const auto words = words_of(secrets);
  if (words.size() > secrets_max)
    return invalid_error(fmt::format("must be at most {} secrets", secrets_max));
  for (const std::string_view word : words) {
    const auto key = read_key(word);
    if (!key || key->scheme == Scheme::ed25519_public)
      return invalid_error(
          fmt::format("must be whsec_ and the base64 of {} to {} bytes, or whsk_ and that of an Ed25519 key; "
                      "several with single spaces between",
                      hmac_key_bytes_min, hmac_key_bytes_max));
  }
  return Done{};
}

std::string sign(std::string_view secrets, std::string_view id, Timestamp at, std::string_view body) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  const std::string text = fmt::format("{}.{}.{}", id, seconds, body);
  std::string v1;
  std::string v1a;
  for (const std::string_view word : words_of(secrets)) {
    const auto key = read_key(word);
    GODWIT_CHECK(key.has_value(), "a secret that was never checked");
    if (key->scheme == Scheme::hmac) v1 += " v1," + base64(hmac(key->bytes, text));
    if (key->scheme == Scheme::ed25519_private) v1a += " v1a," + base64(ed25519_sign(key->bytes, text));
  }
  return (v1 + v1a).substr(1);
}

std::string public_keys(std::string_view secrets) {
  std::string out;
  for (const std::string_view word : words_of(secrets)) {
    const auto key = read_key(word);
    if (!key || key->scheme != Scheme::ed25519_private) continue;
    out += (out.empty() ? "whpk_" : " whpk_") + base64(public_key(private_key(key->bytes)));
  }
  return out;
}

Status verify(std::string_view keys, const Signed& headers, std::string_view body, Timestamp now) {
  if (headers.id.empty() || headers.timestamp.empty() || headers.signature.empty())
    return invalid_error("webhook-id, webhook-timestamp or webhook-signature is missing");
  std::int64_t seconds = 0;
  const char* end = headers.timestamp.data() + headers.timestamp.size();
  constexpr std::int64_t seconds_max = 253'402'300'799;  // of the year 9999
  const auto [ptr, failure] = std::from_chars(headers.timestamp.data(), end, seconds);
  if (failure != std::errc{} || ptr != end || seconds < 0 || seconds > seconds_max)
    return invalid_error("webhook-timestamp is no number of seconds");
  const Millis age = now - Timestamp{std::chrono::seconds{seconds}};
  if (age > signature_age_max) return invalid_error("webhook-timestamp is too old");
  if (age < -signature_age_max) return invalid_error("webhook-timestamp is too far ahead");
  const std::string text = fmt::format("{}.{}.{}", headers.id, headers.timestamp, body);
  for (const std::string_view word : words_of(headers.signature)) {
    const std::size_t comma = word.find(',');
    if (comma == std::string_view::npos) continue;
    const auto signature = from_base64(word.substr(comma + 1));
    for (const std::string_view name : words_of(keys)) {
      const auto key = signature ? read_key(name) : std::nullopt;
      if (key && is_right(*key, word.substr(0, comma), text, *signature)) return Done{};
    }
  }
  return invalid_error("no signature is right");
}

}  // namespace godwit::webhooks
