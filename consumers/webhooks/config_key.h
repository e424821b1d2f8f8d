// ConfigKey: seals what is secret in the shared configuration (AES-256-GCM), so that the log shows none of
// it.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace godwit::webhooks {

class ConfigKey {
 public:
  // A file with the base64 of 32 bytes. `invalid` when it is none, or cannot be read.
  static Result<ConfigKey> read(const std::string& path);
  // The same; a file that is not there is made, for its owner alone.
  static Result<ConfigKey> read_or_make(const std::string& path);
  explicit ConfigKey(std::string bytes);  // 32

  // Base64 of nonce, ciphertext and tag. `about` is not in it and must be the same to open it.
  std::string seal(std::string_view plain, std::string_view about) const;
  // `invalid` for anything that was not sealed with this key for the same `about`.
  Result<std::string> open(std::string_view sealed, std::string_view about) const;
  // Tells keys apart, and nothing about the key.
  const std::string& id() const { return id_; }

 private:
  std::string bytes_, id_;
};

}  // namespace godwit::webhooks
