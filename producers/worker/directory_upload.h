// DirectoryUpload: the Uploader for file: targets. The image appears under its name when it is complete and
// on the disk, never before: it is written under a temporary name, synced and renamed.
#pragma once

#include "producers/worker/control.h"
#include "producers/worker/upload.h"

namespace godwit::worker {

class DirectoryUpload final : public Uploader {
 public:
  // `path` is the file to make; its directory must exist. A file of that name is replaced. `control` sets
  // the pace and outlives this.
  DirectoryUpload(std::string path, Control& control) : path_(std::move(path)), control_(control) {}

  Result<Uploaded, event::Failure> upload(const std::string& file, const OnBytes& on_bytes,
                                          std::stop_token stop) override;
  Result<std::optional<std::string>, event::Failure> stored_sha256(const OnBytes& on_bytes,
                                                                   std::stop_token stop) override;

 private:
  Result<std::int64_t> copy(const std::string& from, const std::string& to, const OnBytes& on_bytes,
                            const std::stop_token& stop) const;

  std::string path_;
  Control& control_;
};

}  // namespace godwit::worker
