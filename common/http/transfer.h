// One request on one libcurl handle, and the answer as it comes in. Private to this folder: what the
// clients share.
#pragma once

#include <curl/curl.h>

#include <fstream>
#include <memory>

#include "common/http/address_guard.h"
#include "common/http/client.h"

namespace godwit::http {

using CurlPtr = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

// A handle without options. Initialises libcurl on its first use.
CurlPtr make_curl();

// Lives as long as the transfer: the handle points to it. The request and the handle must live longer.
class Transfer {
 public:
  Transfer(CURL* curl, const ClientRequest& request);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Sets every option; `invalid` when the file to upload cannot be read.
  Status prepare();
  // What came of it, once libcurl is done.
  Result<ClientResponse> finish(CURLcode code);

 private:
  using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* context);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* context);
  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* context);
  static int on_seek(void* context, curl_off_t offset, int origin);
  static int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent);

  void set_limits();
  void set_callbacks();
  Status set_body();
  void set_headers();
  Error describe(CURLcode code) const;
  int status() const;

  CURL* curl_;
  const ClientRequest& request_;
  ClientResponse response_ = {};
  Headers headers_{nullptr, &curl_slist_free_all};
  std::ifstream file_ = {};
  std::uint64_t upload_bytes_ = 0;
  bool given_up_ = false;
  std::size_t header_bytes_ = 0;
  AddressGuard guard_ = {};
};

}  // namespace godwit::http
