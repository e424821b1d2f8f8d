#include "common/http/address_guard.h"

#include <sys/socket.h>

#include "common/http/address.h"

namespace godwit::http {

void AddressGuard::watch(CURL* curl) {
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_prerequest);
  curl_easy_setopt(curl, CURLOPT_PREREQDATA, this);
}

curl_socket_t AddressGuard::on_open_socket(void* context, curlsocktype, curl_sockaddr* address) {
  auto& self = *static_cast<AddressGuard*>(context);
  if (!is_public_address(&address->addr)) self.refused_ = true;
  // libcurl would go on with the name's next address; a name with one forbidden address is refused as a
  // whole.
  if (self.refused_) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// A connection kept from a request that was allowed more is looked at again before it is used.
int AddressGuard::on_prerequest(void* context, char* remote_address, char*, int, int) {
  auto& self = *static_cast<AddressGuard*>(context);
  if (!is_public_address(remote_address)) self.refused_ = true;
  return self.refused_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

}  // namespace godwit::http
