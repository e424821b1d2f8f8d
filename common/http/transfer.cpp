#include "common/http/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <system_error>

#include "common/http/encoding.h"

namespace godwit::http {

CurlPtr make_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  CurlPtr curl{curl_easy_init(), &curl_easy_cleanup};
  GODWIT_CHECK(curl != nullptr, "libcurl gave no handle");
  return curl;
}

Transfer::Transfer(CURL* curl, const ClientRequest& request) : curl_(curl), request_(request) {}

int Transfer::status() const {
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::size_t Transfer::on_body(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& self = *static_cast<Transfer*>(context);
  const std::size_t got = size * count;
  if (self.request_.sink && self.status() == 200) {
    self.given_up_ = !self.request_.sink({bytes, got});
    return self.given_up_ ? 0 : got;  // 0 ends the transfer
  }
  std::string& body = self.response_.body;
  const std::size_t room = self.request_.response_bytes_max - body.size();
  body.append(bytes, std::min(got, room));
  if (got <= room) return got;
  self.response_.body_cut = true;
  return 0;
}

std::size_t Transfer::on_header(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& self = *static_cast<Transfer*>(context);
  auto& response = self.response_;
  const std::size_t got = size * count;
  std::string_view line{bytes, got};
  // A new status line begins the headers anew: those of "100 Continue" are not the answer's.
  if (line.starts_with("HTTP/")) response.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return got;
  constexpr std::size_t headers_max = 256;
  constexpr std::size_t header_bytes_max = 65'536;
  self.header_bytes_ += got;
  if (response.headers.size() >= headers_max || self.header_bytes_ > header_bytes_max) return got;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r' || value.back() == ' '))
    value.remove_suffix(1);
  response.headers.emplace_back(lower_case(line.substr(0, colon)), value);
  return got;
}

std::size_t Transfer::on_read(char* into, std::size_t size, std::size_t count, void* context) {
  auto& self = *static_cast<Transfer*>(context);
  self.file_.read(into, static_cast<std::streamsize>(size * count));
  if (self.file_.bad()) return CURL_READFUNC_ABORT;
  return static_cast<std::size_t>(self.file_.gcount());
}

// libcurl rewinds when it has to send the file again.
int Transfer::on_seek(void* context, curl_off_t offset, int origin) {
  auto& self = *static_cast<Transfer*>(context);
  if (origin != SEEK_SET) return CURL_SEEKFUNC_FAIL;
  self.file_.clear();
  self.file_.seekg(static_cast<std::streamoff>(offset));
  return self.file_ ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

int Transfer::on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& self = *static_cast<Transfer*>(context);
  const auto sent_bytes = static_cast<std::uint64_t>(std::max<curl_off_t>(sent, 0));
  self.given_up_ = !self.request_.progress(sent_bytes, self.upload_bytes_);
  return self.given_up_ ? 1 : 0;
}

void Transfer::set_limits() {
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl_, CURLOPT_PROXY, "");
  curl_easy_setopt(curl_, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl_, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!request_.ca_file.empty()) curl_easy_setopt(curl_, CURLOPT_CAINFO, request_.ca_file.c_str());
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
  curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.total_timeout.count()));
  if (request_.stall_timeout.count() > 0) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(request_.stall_timeout);
    curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds.count()));
  }
  curl_easy_setopt(curl_, CURLOPT_MAXAGE_CONN, 60L);
  curl_easy_setopt(curl_, CURLOPT_MAXLIFETIME_CONN, 300L);
  if (request_.fresh_connection) {
    curl_easy_setopt(curl_, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl_, CURLOPT_FORBID_REUSE, 1L);
  }
}

Status Transfer::set_body() {
  upload_bytes_ = request_.body.size();
  if (request_.upload) {
    std::error_code failure;
    upload_bytes_ = std::filesystem::file_size(*request_.upload, failure);
    if (!failure) file_.open(*request_.upload, std::ios::binary);
    if (failure || !file_)
      return invalid_error(fmt::format("cannot read the file to upload, {}", request_.upload->string()));
    curl_easy_setopt(curl_, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload_bytes_));
    curl_easy_setopt(curl_, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024L);
    curl_easy_setopt(curl_, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl_, CURLOPT_READDATA, this);
    curl_easy_setopt(curl_, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl_, CURLOPT_SEEKDATA, this);
  } else if (!request_.body.empty() || request_.method == "POST" || request_.method == "PUT") {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request_.body.data());
  }
  if (request_.method == "HEAD") curl_easy_setopt(curl_, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  return Done{};
}

void Transfer::set_headers() {
  const auto append = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) return;
    headers_.release();  // NOLINT: appending gave the same list back
    headers_.reset(longer);
  };
  append("Expect:");  // no waiting for "100 Continue"
  bool typed = false;
  for (const auto& [name, value] : request_.headers) {
    // libcurl sends an empty header only when it ends in a semicolon.
    append(value.empty() ? printable(name) + ";" : printable(name) + ": " + printable(value));
    typed = typed || equal_ignoring_case(name, "Content-Type");
  }
  if (!typed) append("Content-Type:");  // or a body would be called a form
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::set_callbacks() {
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
  if (request_.public_only) guard_.watch(curl_);
  if (!request_.progress) return;
  curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
}

Error Transfer::describe(CURLcode code) const {
  const std::string what = fmt::format("{} to {}", printable(request_.method), origin_of(request_.url));
  if (given_up_) return transient_error(what + " was given up");
  if (guard_.has_refused())
    return invalid_error(what + " was refused: the address is not of the public internet");
  const std::string message = fmt::format("{} failed: {}", what, curl_easy_strerror(code));
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return invalid_error(message);
    case CURLE_ABORTED_BY_CALLBACK:
      return invalid_error(what + " failed: the file to upload cannot be read");
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return fatal_error(message);
    default:
      return transient_error(message);
  }
}

Status Transfer::prepare() {
  curl_easy_reset(curl_);  // forgets the options, keeps the connection
  curl_easy_setopt(curl_, CURLOPT_URL, request_.url.c_str());
  set_limits();
  set_callbacks();
  if (auto body = set_body(); !body) return body.error();
  set_headers();
  return Done{};
}

Result<ClientResponse> Transfer::finish(CURLcode code) {
  if (code != CURLE_OK && !response_.body_cut) return describe(code);
  response_.status = status();
  return std::move(response_);
}

}  // namespace godwit::http
