// SHA-256 of files; the only user of OpenSSL here.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "producers/worker/upload.h"

namespace godwit::worker {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  // 64 lower-case hexadecimal digits. Call once.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `transient` when the file cannot be read to its end, or with the message "cancelled" after a stop.
Result<std::string> sha256_of_file(const std::string& path, const OnBytes& on_bytes,
                                   const std::stop_token& stop);

}  // namespace godwit::worker
