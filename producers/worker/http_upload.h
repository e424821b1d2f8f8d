// HttpUpload: the Uploader for http(s): one PUT of the whole image.
#pragma once

#include <string>

#include "common/http/client.h"
#include "producers/worker/control.h"
#include "producers/worker/target.h"
#include "producers/worker/upload.h"

namespace godwit::worker {

struct HttpUploadOptions {
  Millis connect_timeout{10'000};
  Millis stall_timeout{300'000};  // a receiver may sync a large file before it answers
};

// Success is a 2xx. A receiver cannot be read back, so there is no stored checksum: the checksum in the
// events is that of the bytes sent. A pause only stops sending: how long a receiver bears that is its own.
class HttpUpload final : public Uploader {
 public:
  // `control` sets the pace and outlives this.
  HttpUpload(Target target, Control& control, HttpUploadOptions options = {})
      : target_(std::move(target)), control_(control), options_(options) {}

  Result<Uploaded, event::Failure> upload(const std::string& file, const OnBytes& on_bytes,
                                          std::stop_token stop) override;
  Result<std::optional<std::string>, event::Failure> stored_sha256(const OnBytes& on_bytes,
                                                                   std::stop_token stop) override;

 private:
  Target target_;
  Control& control_;
  HttpUploadOptions options_;
  http::Client client_;
};

}  // namespace godwit::worker
