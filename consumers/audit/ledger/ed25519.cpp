#include "consumers/audit/ledger/ed25519.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/base/check.h"

namespace godwit::audit::ledger {
namespace {

constexpr std::size_t signature_bytes = 64;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* data_of(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace

void PrivateKey::Free::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

PrivateKey::PrivateKey(EVP_PKEY* key) : key_(key) {
  GODWIT_CHECK(key_ != nullptr, "OpenSSL makes no Ed25519 key");
}

PrivateKey PrivateKey::generate() { return PrivateKey{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}; }

PrivateKey PrivateKey::from_seed(std::string_view seed) {
  GODWIT_CHECK(seed.size() == seed_bytes, "a seed of {} bytes", seed.size());
  return PrivateKey{EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, data_of(seed), seed.size())};
}

std::string PrivateKey::seed() const {
  std::string out(seed_bytes, '\0');
  std::size_t size = out.size();
  const int done = EVP_PKEY_get_raw_private_key(key_.get(), data_of(out), &size);
  GODWIT_CHECK(done == 1 && size == seed_bytes, "a seed of {} bytes", size);
  return out;
}

PublicKey PrivateKey::public_key() const {
  PublicKey out{};
  std::size_t size = out.size();
  const int done = EVP_PKEY_get_raw_public_key(key_.get(), out.data(), &size);
  GODWIT_CHECK(done == 1 && size == out.size(), "a public key of {} bytes", size);
  return out;
}

std::string PrivateKey::sign(std::string_view text) const {
  const Context context{EVP_MD_CTX_new()};
  std::string out(signature_bytes, '\0');
  std::size_t size = out.size();
  const bool done =
      EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key_.get(), nullptr) == 1 &&
      EVP_DigestSign(context.get(), data_of(out), &size, data_of(text), text.size()) == 1;
  GODWIT_CHECK(done && size == signature_bytes, "an Ed25519 signature of {} bytes", size);
  return out;
}

bool verify(const PublicKey& key, std::string_view text, std::string_view signature) {
  struct FreeKey {
    void operator()(EVP_PKEY* held) const { EVP_PKEY_free(held); }
  };
  const std::unique_ptr<EVP_PKEY, FreeKey> held{
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.data(), key.size())};
  const Context context{EVP_MD_CTX_new()};
  const bool good =
      held != nullptr && context != nullptr && signature.size() == signature_bytes &&
      EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, held.get(), nullptr) == 1 &&
      EVP_DigestVerify(context.get(), data_of(signature), signature.size(), data_of(text), text.size()) == 1;
  ERR_clear_error();  // a wrong signature is an answer, not an error for whoever asks this thread next
  return good;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace godwit::audit::ledger
