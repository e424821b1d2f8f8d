#include "producers/worker/directory_upload.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "producers/worker/checksum.h"
#include "producers/worker/file.h"
#include "producers/worker/pace.h"
#include "producers/worker/tool.h"

namespace godwit::worker {
namespace {

event::Failure failure_from(const Error& error, const std::string& path) {
  if (error.message == "cancelled") return make_failure("cancelled", "cancelled", "cancelled", "copy", true);
  const bool no_space = error.message.find(std::strerror(ENOSPC)) != std::string::npos ||
                        error.message.find(std::strerror(EFBIG)) != std::string::npos;
  return make_failure(no_space ? "no_space" : "upload_failed", "storage",
                      fmt::format("copy to {}: {}", path, error.message), "copy", true);
}

// The rename is on the disk only when its directory is.
Status sync_directory_of(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const Descriptor directory{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open()) return transient_error(fmt::format("{}: {}", folder, std::strerror(errno)));
  return sync(directory);
}

}  // namespace

Result<std::int64_t> DirectoryUpload::copy(const std::string& from, const std::string& to,
                                           const OnBytes& on_bytes, const std::stop_token& stop) const {
  auto source = open_for_reading(from);
  if (!source) return source.error();
  auto target = create_for_writing(to);
  if (!target) return target.error();
  std::vector<char> buffer(file_chunk_bytes);
  Pace pace{control_};
  std::int64_t done = 0;
  for (;;) {
    if (stop.stop_requested()) return transient_error("cancelled");
    const auto got = read_chunk(source->descriptor, buffer);
    if (!got) return got.error();
    if (*got == 0) break;
    if (const Status put = write_all(*target, {buffer.data(), *got}); !put) return put.error();
    done += static_cast<std::int64_t>(*got);
    on_bytes(done, source->bytes);
    pace.wait_until_due(done, stop);
  }
  if (const Status synced = sync(*target); !synced) return synced.error();
  return done;
}

Result<Uploaded, event::Failure> DirectoryUpload::upload(const std::string& file, const OnBytes& on_bytes,
                                                         std::stop_token stop) {
  const std::string partial = path_ + ".part";
  const auto copied = copy(file, partial, on_bytes, stop);
  if (!copied) {
    unlink(partial.c_str());
    return failure_from(copied.error(), path_);
  }
  if (std::rename(partial.c_str(), path_.c_str()) != 0) {
    const Error error = transient_error(std::strerror(errno));
    unlink(partial.c_str());
    return failure_from(error, path_);
  }
  if (const Status synced = sync_directory_of(path_); !synced) return failure_from(synced.error(), path_);
  return Uploaded{.bytes = *copied, .location = path_};
}

Result<std::optional<std::string>, event::Failure> DirectoryUpload::stored_sha256(const OnBytes& on_bytes,
                                                                                  std::stop_token stop) {
  auto sum = sha256_of_file(path_, on_bytes, stop);
  if (!sum) return failure_from(sum.error(), path_);
  return std::optional<std::string>{*sum};
}

}  // namespace godwit::worker
