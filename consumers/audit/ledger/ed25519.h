// Ed25519 (RFC 8032): the same key and text always give the same signature.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace godwit::audit::ledger {

using PublicKey = std::array<std::uint8_t, 32>;

// Owns a secret; wiped when it goes. Moved, not copied; safe to sign with from several threads.
class PrivateKey {
 public:
  static constexpr std::size_t seed_bytes = 32;

  // From the operating system's randomness.
  static PrivateKey generate();
  // `seed` is the private key as RFC 8032 stores it; exactly seed_bytes.
  static PrivateKey from_seed(std::string_view seed);

  // A secret: the caller wipes what it is copied to.
  std::string seed() const;
  PublicKey public_key() const;
  // 64 bytes.
  std::string sign(std::string_view text) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };

  explicit PrivateKey(evp_pkey_st* key);
  std::unique_ptr<evp_pkey_st, Free> key_;
};

// False also for a signature of another length and for bytes that are no public key.
bool verify(const PublicKey& key, std::string_view text, std::string_view signature);

// Overwrites what held a secret, in a way no compiler leaves out.
void wipe(std::string& secret);

}  // namespace godwit::audit::ledger
