// AddressGuard: lets a libcurl handle connect only to the public internet. It looks at the address really
// connected to, not at the name. Private to this folder.
#pragma once

#include <curl/curl.h>

namespace godwit::http {

// Lives as long as the handle's transfer, which points to it.
class AddressGuard {
 public:
  AddressGuard() = default;
  AddressGuard(const AddressGuard&) = delete;
  AddressGuard& operator=(const AddressGuard&) = delete;

  void watch(CURL* curl);
  bool has_refused() const { return refused_; }

 private:
  static curl_socket_t on_open_socket(void* context, curlsocktype, curl_sockaddr* address);
  static int on_prerequest(void* context, char* remote_address, char*, int, int);

  bool refused_ = false;
};

}  // namespace godwit::http
