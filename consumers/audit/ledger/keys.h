// Keys of signed notes (c2sp.org/signed-note, signature type 0x01), each with the name it signs under. Their
// texts are those of golang.org/x/mod/sumdb/note, so that its tools take them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "consumers/audit/ledger/ed25519.h"

namespace godwit::audit::ledger {

// A name is UTF-8, not empty, without spaces (Unicode's too), control characters and "+".
bool is_key_name(std::string_view name);

// What an auditor pins. Name and id together tell one key from another.
struct VerifierKey {
  std::string name;
  PublicKey key = {};

  // The first 4 bytes of SHA-256(name || 0x0A || 0x01 || key).
  std::uint32_t id() const;
  // The vkey: NAME+ID+BASE64(0x01 || key), the id as 8 hexadecimal digits.
  std::string text() const;
  // `invalid` and why for anything text() would not have written, a wrong id and other signature types too.
  static Result<VerifierKey> parse(std::string_view vkey);

  bool operator==(const VerifierKey&) const = default;
};

// A private key and its name. Moved, not copied; safe from several threads.
class Signer {
 public:
  // `name` is a key name.
  Signer(std::string name, PrivateKey key);

  const VerifierKey& verifier() const { return verifier_; }
  // The 64 bytes of the signature over `text`.
  std::string sign(std::string_view text) const { return key_.sign(text); }

  // PRIVATE+KEY+NAME+ID+BASE64(0x01 || seed). A secret; the caller wipes it.
  std::string secret_text() const;
  // Errors never quote the text.
  static Result<Signer> parse(std::string_view secret_text);

 private:
  VerifierKey verifier_;
  PrivateKey key_;
};

}  // namespace godwit::audit::ledger
