#include "consumers/audit/ledger/hash.h"

#include <openssl/evp.h>

#include <algorithm>

#include "common/base/check.h"

namespace godwit::audit::ledger {

std::string_view as_bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::optional<Digest> digest_from(std::string_view bytes) {
  Digest out{};
  if (bytes.size() != out.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

void Hasher::Free::operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
void Hasher::Free::operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }

Hasher::Hasher() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  GODWIT_CHECK(algorithm_ != nullptr && context_ != nullptr, "OpenSSL offers no SHA-256");
  const int begun = EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr);
  GODWIT_CHECK(begun == 1, "OpenSSL does not begin a SHA-256");
}

Digest Hasher::of(std::initializer_list<std::string_view> parts) {
  EVP_MD_CTX* const context = context_.get();
  bool good = EVP_DigestInit_ex2(context, nullptr, nullptr) == 1;
  for (const std::string_view part : parts)
    good = good && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  Digest out{};
  unsigned size = 0;
  good = good && EVP_DigestFinal_ex(context, out.data(), &size) == 1;
  GODWIT_CHECK(good && size == out.size(), "SHA-256 gave {} bytes", size);
  return out;
}

Digest Hasher::leaf(std::string_view data) { return of({std::string_view{"\x00", 1}, data}); }

Digest Hasher::node(const Digest& left, const Digest& right) {
  // One piece: a call per part would cost a tenth of the hash.
  std::array<char, 1 + 2 * sizeof(Digest)> bytes{};
  bytes[0] = 1;
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 1 + sizeof(Digest));
  return of({std::string_view{bytes.data(), bytes.size()}});
}

}  // namespace godwit::audit::ledger
