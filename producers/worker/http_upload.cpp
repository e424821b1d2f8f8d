#include "producers/worker/http_upload.h"

#include <fmt/format.h>

#include "producers/worker/file.h"
#include "producers/worker/pace.h"
#include "producers/worker/tool.h"

namespace godwit::worker {
namespace {

event::Failure refused(int status, const std::string& shown_uri) {
  const bool retryable = status >= 500 || status == 408 || status == 429;
  const bool is_auth = status == 401 || status == 403;
  return make_failure(fmt::format("http_{}", status), is_auth ? "auth" : "network",
                      fmt::format("PUT {} was answered with {}", shown_uri, status), "upload", retryable);
}

}  // namespace

Result<Uploaded, event::Failure> HttpUpload::upload(const std::string& file, const OnBytes& on_bytes,
                                                    std::stop_token stop) {
  const auto bytes = file_bytes(file);
  if (!bytes) return make_failure("read_failed", "storage", bytes.error().message, "upload", true);
  Pace pace{control_};
  http::ClientRequest request;
  request.method = "PUT";
  request.url = target_.location;
  request.headers = {{"content-type", "application/octet-stream"}};
  request.upload = file;
  request.connect_timeout = options_.connect_timeout;
  request.total_timeout = Millis{0};
  request.stall_timeout = options_.stall_timeout;
  request.progress = [&](std::uint64_t sent, std::uint64_t total) {
    // Before the first byte there is nothing to say; afterwards the same figure comes again and again.
    if (sent > 0) on_bytes(static_cast<std::int64_t>(sent), static_cast<std::int64_t>(total));
    pace.wait_until_due(static_cast<std::int64_t>(sent), stop);
    return !stop.stop_requested();
  };
  const auto response = client_.send(request);
  if (stop.stop_requested() && !response)
    return make_failure("cancelled", "cancelled", "cancelled", "upload", true);
  if (!response)
    return make_failure("upload_failed", "network", response.error().message, "upload",
                        response.error().kind == ErrorKind::transient);
  if (response->status < 200 || response->status > 299) return refused(response->status, target_.shown_uri);
  return Uploaded{.bytes = *bytes, .location = target_.shown_uri};
}

Result<std::optional<std::string>, event::Failure> HttpUpload::stored_sha256(const OnBytes&,
                                                                             std::stop_token) {
  return std::optional<std::string>{};
}

}  // namespace godwit::worker
