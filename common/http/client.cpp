#include "common/http/client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <system_error>

#include "common/http/address.h"
#include "common/http/encoding.h"

namespace godwit::http {
namespace {

using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// What the callbacks of one transfer share.
struct Transfer {
  const ClientRequest& request;
  ClientResponse response = {};
  std::ifstream file = {};
  std::uint64_t upload_bytes = 0;
  bool given_up = false;
  bool address_refused = false;
};

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  std::string& body = transfer.response.body;
  const std::size_t room = transfer.request.response_bytes_max - body.size();
  const std::size_t got = size * count;
  body.append(bytes, std::min(got, room));
  if (got <= room) return got;
  transfer.response.body_cut = true;
  return 0;  // ends the transfer
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& response = static_cast<Transfer*>(context)->response;
  const std::size_t got = size * count;
  std::string_view line{bytes, got};
  // A new status line begins the headers anew: those of "100 Continue" are not the answer's.
  if (line.starts_with("HTTP/")) response.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return got;
  constexpr std::size_t headers_max = 256;
  if (response.headers.size() >= headers_max) return got;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r' || value.back() == ' '))
    value.remove_suffix(1);
  response.headers.emplace_back(lower_case(line.substr(0, colon)), value);
  return got;
}

std::size_t on_read(char* into, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.file.read(into, static_cast<std::streamsize>(size * count));
  if (transfer.file.bad()) return CURL_READFUNC_ABORT;
  return static_cast<std::size_t>(transfer.file.gcount());
}

// libcurl rewinds when it has to send the file again.
int on_seek(void* context, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (origin != SEEK_SET) return CURL_SEEKFUNC_FAIL;
  transfer.file.clear();
  transfer.file.seekg(static_cast<std::streamoff>(offset));
  return transfer.file ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& transfer = *static_cast<Transfer*>(context);
  const auto sent_bytes = static_cast<std::uint64_t>(std::max<curl_off_t>(sent, 0));
  transfer.given_up = !transfer.request.progress(sent_bytes, transfer.upload_bytes);
  return transfer.given_up ? 1 : 0;
}

curl_socket_t on_open_socket(void* context, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (!is_public_address(&address->addr)) transfer.address_refused = true;
  // libcurl would go on with the name's next address; a name with one forbidden address is refused as a
  // whole.
  if (transfer.address_refused) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// A connection kept from a request that was allowed more is looked at again before it is used.
int on_prerequest(void* context, char* remote_address, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (!is_public_address(remote_address)) transfer.address_refused = true;
  return transfer.address_refused ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

void init_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

void set_limits(CURL* curl, const ClientRequest& request) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout.count()));
  if (request.stall_timeout.count() > 0) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(request.stall_timeout);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds.count()));
  }
  curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, 60L);
  curl_easy_setopt(curl, CURLOPT_MAXLIFETIME_CONN, 300L);
  if (request.fresh_connection) {
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  }
}

Status set_body(CURL* curl, Transfer& transfer) {
  const ClientRequest& request = transfer.request;
  transfer.upload_bytes = request.body.size();
  if (request.upload) {
    std::error_code failure;
    transfer.upload_bytes = std::filesystem::file_size(*request.upload, failure);
    if (!failure) transfer.file.open(*request.upload, std::ios::binary);
    if (failure || !transfer.file)
      return invalid_error(fmt::format("cannot read the file to upload, {}", request.upload->string()));
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(transfer.upload_bytes));
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, &transfer);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  return Done{};
}

Headers make_headers(const ClientRequest& request) {
  Headers list{nullptr, &curl_slist_free_all};
  const auto append = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return;
    list.release();  // NOLINT: appending gave the same list back
    list.reset(longer);
  };
  append("Expect:");  // no waiting for "100 Continue"
  bool typed = false;
  for (const auto& [name, value] : request.headers) {
    // libcurl sends an empty header only when it ends in a semicolon.
    append(value.empty() ? printable(name) + ";" : printable(name) + ": " + printable(value));
    typed = typed || equal_ignoring_case(name, "Content-Type");
  }
  if (!typed) append("Content-Type:");  // or a body would be called a form
  return list;
}

void set_callbacks(CURL* curl, Transfer& transfer) {
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  if (transfer.request.public_only) {
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_prerequest);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, &transfer);
  }
  if (!transfer.request.progress) return;
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
}

Error describe(CURLcode code, const Transfer& transfer) {
  const ClientRequest& request = transfer.request;
  const std::string what = fmt::format("{} to {}", printable(request.method), origin_of(request.url));
  if (transfer.given_up) return transient_error(what + " was given up by its sender");
  if (transfer.address_refused)
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

}  // namespace

struct Client::State {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{nullptr, &curl_easy_cleanup};
};

Client::Client() : state_(std::make_unique<State>()) {
  init_curl();
  state_->curl.reset(curl_easy_init());
  GODWIT_CHECK(state_->curl != nullptr, "libcurl gave no handle");
}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::send(const ClientRequest& request) {
  CURL* curl = state_->curl.get();
  curl_easy_reset(curl);  // forgets the options, keeps the connection
  Transfer transfer{request};
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  set_limits(curl, request);
  set_callbacks(curl, transfer);
  if (auto body = set_body(curl, transfer); !body) return body.error();
  const Headers headers = make_headers(request);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK && !transfer.response.body_cut) return describe(code, transfer);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name)) return value;
  return std::nullopt;
}

std::string origin_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), &curl_url_cleanup};
  const auto part = [&](CURLUPart which) -> std::string {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, 0) != CURLUE_OK || text == nullptr) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner{text, &curl_free};
    return text;
  };
  if (parsed == nullptr || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return "an invalid URL";
  const std::string port = part(CURLUPART_PORT);
  return part(CURLUPART_SCHEME) + "://" + part(CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}

}  // namespace godwit::http
