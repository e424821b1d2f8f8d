#include "consumers/audit/ledger/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/base64.h"
#include "common/event/forms.h"
#include "consumers/audit/ledger/bytes.h"
#include "consumers/audit/ledger/hash.h"

namespace godwit::audit::ledger {
namespace {

constexpr char ed25519 = 0x01;
constexpr std::string_view secret_prefix = "PRIVATE+KEY+";
// What Unicode calls white space beyond ASCII, in UTF-8.
constexpr std::array<std::string_view, 19> unicode_spaces{
    "\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
    "\u2007", "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};

// NAME+ID+BASE64(0x01 || 32 bytes), which public and private keys share.
struct KeyText {
  std::string name;
  std::string id;
  std::string bytes;
};

std::string format(const KeyText& key) {
  return fmt::format("{}+{}+{}", key.name, key.id, base64(std::string{ed25519} + key.bytes));
}

std::string id_text(std::uint32_t id) { return fmt::format("{:08x}", id); }

Result<KeyText> parse_key(std::string_view text) {
  const std::size_t name_end = text.find('+');
  const std::size_t id_end = name_end == text.npos ? text.npos : text.find('+', name_end + 1);
  if (id_end == text.npos) return invalid_error("a key is NAME+ID+BASE64");
  KeyText out{std::string{text.substr(0, name_end)},
              std::string{text.substr(name_end + 1, id_end - name_end - 1)},
              {}};
  if (!is_key_name(out.name))
    return invalid_error("the name of a key is empty or has a character it must not have");
  const auto bytes = from_base64(text.substr(id_end + 1));
  if (!bytes || bytes->empty()) return invalid_error("a key is not in base64");
  if (bytes->front() != ed25519) return invalid_error("a key is not of type 0x01, Ed25519");
  if (bytes->size() != 1 + sizeof(PublicKey)) return invalid_error("a key has not 32 bytes");
  out.bytes = bytes->substr(1);
  return out;
}

Error wrong_id(const KeyText& key, const VerifierKey& verifier) {
  return invalid_error(
      fmt::format("the key {} has the id {}, not {}", key.name, id_text(verifier.id()), key.id));
}

}  // namespace

bool is_key_name(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '+' && c != '\x7F';
  });
  const bool spaced = std::any_of(unicode_spaces.begin(), unicode_spaces.end(),
                                  [&](std::string_view space) { return name.find(space) != name.npos; });
  return !name.empty() && plain && !spaced && event::is_utf8(name);
}

std::uint32_t VerifierKey::id() const {
  const Digest hash = Hasher{}.of({name, "\n", {&ed25519, 1}, as_bytes(key)});
  std::string_view bytes = as_bytes(hash);
  return *take_u32(bytes);
}

std::string VerifierKey::text() const { return format({name, id_text(id()), std::string{as_bytes(key)}}); }

Result<VerifierKey> VerifierKey::parse(std::string_view vkey) {
  const auto key = parse_key(vkey);
  if (!key) return key.error();
  VerifierKey out{key->name, *digest_from(key->bytes)};
  if (id_text(out.id()) != key->id) return wrong_id(*key, out);
  return out;
}

Signer::Signer(std::string name, PrivateKey key)
    : verifier_{std::move(name), key.public_key()}, key_(std::move(key)) {
  GODWIT_CHECK(is_key_name(verifier_.name), "a key named {}", verifier_.name);
}

std::string Signer::secret_text() const {
  KeyText key{verifier_.name, id_text(verifier_.id()), key_.seed()};
  std::string out{secret_prefix};
  std::string text = format(key);
  out.append(text);
  wipe(key.bytes);
  wipe(text);
  return out;
}

Result<Signer> Signer::parse(std::string_view secret_text) {
  if (!secret_text.starts_with(secret_prefix)) return invalid_error("a private key begins with PRIVATE+KEY+");
  auto key = parse_key(secret_text.substr(secret_prefix.size()));
  if (!key) return key.error();
  Signer out{key->name, PrivateKey::from_seed(key->bytes)};
  wipe(key->bytes);
  if (id_text(out.verifier().id()) != key->id) return wrong_id(*key, out.verifier());
  return out;
}

}  // namespace godwit::audit::ledger
