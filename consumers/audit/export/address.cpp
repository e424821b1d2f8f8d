#include "consumers/audit/export/address.h"

#include <arpa/inet.h>

namespace godwit::audit {

AddressKind kind_of_address(const std::string& text) {
  in6_addr parsed{};  // room for either
  if (inet_pton(AF_INET, text.c_str(), &parsed) == 1) return AddressKind::ipv4;
  return inet_pton(AF_INET6, text.c_str(), &parsed) == 1 ? AddressKind::ipv6 : AddressKind::other;
}

}  // namespace godwit::audit
