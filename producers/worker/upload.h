// Uploader: the port through which the converted image leaves. Each knows its one target.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "common/base/result.h"
#include "common/event/data.h"

namespace godwit::worker {

using OnBytes = std::function<void(std::int64_t bytes_done, std::int64_t bytes_total)>;

struct Uploaded {
  std::int64_t bytes = 0;
  std::string location;  // for people and events: no secret in it
};

// Not thread-safe; callbacks come on the calling thread. On a stop the upload ends soon with a failure whose
// code is `cancelled` and leaves no partial file where it can help it.
class Uploader {
 public:
  virtual ~Uploader() = default;
  virtual Result<Uploaded, event::Failure> upload(const std::string& file, const OnBytes& on_bytes,
                                                  std::stop_token stop) = 0;
  // The SHA-256 of what lies at the target now, read again; nullopt when the target cannot be read back.
  virtual Result<std::optional<std::string>, event::Failure> stored_sha256(const OnBytes& on_bytes,
                                                                           std::stop_token stop) = 0;
};

}  // namespace godwit::worker
