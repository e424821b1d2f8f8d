// The address a server listens on, as text and as numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace godwit::http {

struct ListenAddress {
  std::string host;     // as given, without brackets
  std::string numeric;  // the IP address it stands for
  bool ipv6 = false;
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:0". A host name is resolved now. `invalid` when it is not of
// that form or has no address.
Result<ListenAddress> parse_listen(std::string_view text);

// "127.0.0.1:8080" or "[::1]:8080".
std::string host_and_port(const ListenAddress& address, std::uint16_t port);

// Opens and at once closes a connection to the address, to wake whoever waits for one. Never blocks for long.
void knock(const ListenAddress& address, std::uint16_t port);

}  // namespace godwit::http
