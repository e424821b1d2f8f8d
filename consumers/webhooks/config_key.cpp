#include "consumers/webhooks/config_key.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "common/base/base64.h"
#include "common/base/check.h"
#include "common/base/durable.h"

namespace godwit::webhooks {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  GODWIT_CHECK(RAND_bytes(raw(out), static_cast<int>(count)) == 1, "no random bytes");
  return out;
}

}  // namespace

ConfigKey::ConfigKey(std::string bytes) : bytes_(std::move(bytes)) {
  GODWIT_CHECK(bytes_.size() == key_bytes, "a key of {} bytes", bytes_.size());
  constexpr std::size_t id_bytes = 6;
  const std::string about = "godwit config key " + bytes_;
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int written = 0;
  GODWIT_CHECK(EVP_Digest(about.data(), about.size(), raw(digest), &written, EVP_sha256(), nullptr) == 1,
               "SHA-256 does not work");
  id_ = base64(digest.substr(0, id_bytes));
}

Result<ConfigKey> ConfigKey::read(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  if (!file || !std::getline(file, line))
    return invalid_error(fmt::format("cannot read the key in {}", path));
  const auto bytes = from_base64(line);
  if (!bytes || bytes->size() != key_bytes)
    return invalid_error(fmt::format("{} must hold the base64 of {} bytes", path, key_bytes));
  return ConfigKey{*bytes};
}

Result<ConfigKey> ConfigKey::read_or_make(const std::string& path) {
  if (std::filesystem::exists(path)) return read(path);
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), failed);
  constexpr unsigned owner_only = 0600;
  if (auto written = write_durably(path, base64(random_bytes(key_bytes)) + "\n", owner_only); !written)
    return written.error();
  return read(path);
}

std::string ConfigKey::seal(std::string_view plain, std::string_view about) const {
  const std::string nonce = random_bytes(nonce_bytes);
  const Cipher cipher{EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
  std::string text(plain.size(), '\0');
  std::string tag(tag_bytes, '\0');
  int written = 0;
  const bool ok =
      cipher != nullptr &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(bytes_), raw(nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &written, raw(about), static_cast<int>(about.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), raw(text), &written, raw(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), raw(text) + written, &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, tag.data()) == 1;
  GODWIT_CHECK(ok, "AES-256-GCM does not work");
  return base64(nonce + text + tag);
}

Result<std::string> ConfigKey::open(std::string_view sealed, std::string_view about) const {
  const auto bytes = from_base64(sealed);
  if (!bytes || bytes->size() < nonce_bytes + tag_bytes) return invalid_error("nothing that was sealed");
  const std::string nonce = bytes->substr(0, nonce_bytes);
  const std::string text = bytes->substr(nonce_bytes, bytes->size() - nonce_bytes - tag_bytes);
  std::string tag = bytes->substr(bytes->size() - tag_bytes);
  const Cipher cipher{EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
  std::string plain(text.size(), '\0');
  int written = 0;
  const bool ok =
      cipher != nullptr &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(bytes_), raw(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &written, raw(about), static_cast<int>(about.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), raw(plain), &written, raw(text), static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), raw(plain) + written, &written) == 1;
  if (!ok) return invalid_error("sealed with another key");
  return plain;
}

}  // namespace godwit::webhooks
