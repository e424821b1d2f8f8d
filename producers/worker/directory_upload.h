// DirectoryUpload: the Uploader for file: targets. The image appears under its name when it is complete and
// on the disk, never before: it is written under a temporary name, synced and renamed.
#pragma once

#include "producers/worker/upload.h"

namespace godwit::worker {

class DirectoryUpload final : public Uploader {
 public:
  // `path` is the file to make; its directory must exist. A file of that name is replaced.
  DirectoryUpload(std::string path, std::optional<std::int64_t> bytes_per_second_max)
      : path_(std::move(path)), bytes_per_second_max_(bytes_per_second_max) {}

  Result<Uploaded, event::Failure> upload(const std::string& file, const OnBytes& on_bytes,
                                          std::stop_token stop) override;
  Result<std::optional<std::string>, event::Failure> stored_sha256(const OnBytes& on_bytes,
                                                                   std::stop_token stop) override;

 private:
  Result<std::int64_t> copy(const std::string& from, const std::string& to, const OnBytes& on_bytes,
                            const std::stop_token& stop) const;

  std::string path_;
  std::optional<std::int64_t> bytes_per_second_max_;
};

}  // namespace godwit::worker
