// Which IP addresses a request may go to when its URL comes from a user: only those of the public internet.
#pragma once

#include <string_view>

struct sockaddr;

namespace godwit::http {

// False for loopback, private, link-local, shared, multicast, documentation and reserved addresses (the
// special registries of IANA), also when an IPv6 address stands for such an IPv4 one (mapped, 6to4, NAT64).
// False for any other family.
bool is_public_address(const sockaddr* address);
// The same for a numeric address such as "10.0.0.1" or "fe80::1"; false when it is none.
bool is_public_address(std::string_view numeric);

}  // namespace godwit::http
