// Client: sends HTTP requests and waits for the answers, on libcurl. Redirects are not followed, proxies of
// the environment are not used, TLS certificates are checked. A status is a value: 404 and 500 are answers,
// not errors. Errors name scheme and host of the URL only, since the rest of it may be a secret.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/http/request.h"

namespace godwit::http {

// Bytes of the body sent so far and in all; false gives up. Called on the sending thread a few times a
// second.
using UploadProgress = std::function<bool(std::uint64_t sent_bytes, std::uint64_t total_bytes)>;

// A piece of an answer's body, as it comes; false gives up. Called on the sending thread.
using BodySink = std::function<bool(std::string_view bytes)>;

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // http or https
  NameValues headers = {};
  std::string body = {};
  std::optional<std::filesystem::path> upload = {};  // the body is this file instead, read as it is sent
  UploadProgress progress = {};
  BodySink sink = {};  // gets the body of an answer with 200 instead of ClientResponse::body, without a bound
  Millis connect_timeout{5'000};
  Millis total_timeout{15'000};  // 0: none; then set stall_timeout
  Millis stall_timeout{0};       // 0: none; else give up when fewer than 1 KiB/s pass for this long
  std::size_t response_bytes_max = 1'048'576;  // of the answer's body; the rest is not read
  // A connection kept from before may die while a request is sent, and libcurl then sends it again by itself.
  bool fresh_connection = false;  // true: never reuse one, so that one send() is one request at most
  // For URLs that come from users: refuse an address that is not of the public internet. It is the address
  // really connected to that counts, so a name that turns to another address in between gains nothing.
  bool public_only = false;
  std::string ca_file = {};  // trusted certificates (PEM) instead of the system's
};

struct ClientResponse {
  int status = 0;
  NameValues headers;  // names in lower case
  std::string body;
  bool body_cut = false;  // the body was longer than response_bytes_max

  std::optional<std::string_view> header(std::string_view name) const;
};

// Keeps its connection for the next request to the same host. Not thread-safe: one Client per thread.
class Client {
 public:
  Client();
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // `transient` when no answer came (host away, timeout, connection cut, given up by `progress`); `invalid`
  // for a URL that is none, a file that cannot be read or an address refused by `public_only`.
  Result<ClientResponse> send(const ClientRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "https://host:8443" of a URL: what may be shown and logged. "an invalid URL" when it is none.
std::string origin_of(const std::string& url);

}  // namespace godwit::http
