#include "producers/worker/checksum.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <vector>

#include "producers/worker/file.h"

namespace godwit::worker {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  GODWIT_CHECK(state_->context != nullptr && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1,
               "OpenSSL has no SHA-256");
}

Sha256::~Sha256() { EVP_MD_CTX_free(state_->context); }

void Sha256::add(std::string_view bytes) {
  GODWIT_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "SHA-256 update failed");
}

std::string Sha256::finish() {
  std::array<unsigned char, 32> digest{};
  GODWIT_CHECK(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) == 1, "SHA-256 final failed");
  std::string out;
  for (const unsigned char byte : digest) out += fmt::format("{:02x}", byte);
  return out;
}

Result<std::string> sha256_of_file(const std::string& path, const OnBytes& on_bytes,
                                   const std::stop_token& stop) {
  auto file = open_for_reading(path);
  if (!file) return file.error();
  Sha256 sum;
  std::vector<char> buffer(file_chunk_bytes);
  std::int64_t done = 0;
  for (;;) {
    if (stop.stop_requested()) return transient_error("cancelled");
    const auto got = read_chunk(file->descriptor, buffer);
    if (!got) return got.error();
    if (*got == 0) return sum.finish();
    sum.add({buffer.data(), *got});
    done += static_cast<std::int64_t>(*got);
    if (on_bytes) on_bytes(done, file->bytes);
  }
}

}  // namespace godwit::worker
