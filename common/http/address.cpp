#include "common/http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace godwit::http {
namespace {

struct Block4 {
  std::uint32_t address;
  unsigned bits;
};

constexpr std::uint32_t ip4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24U | b << 16U | c << 8U | d;
}

constexpr std::array<Block4, 16> special4{{{ip4(0, 0, 0, 0), 8},
                                           {ip4(10, 0, 0, 0), 8},
                                           {ip4(100, 64, 0, 0), 10},
                                           {ip4(127, 0, 0, 0), 8},
                                           {ip4(169, 254, 0, 0), 16},
                                           {ip4(172, 16, 0, 0), 12},
                                           {ip4(192, 0, 0, 0), 24},
                                           {ip4(192, 0, 2, 0), 24},
                                           {ip4(192, 88, 99, 0), 24},
                                           {ip4(192, 168, 0, 0), 16},
                                           {ip4(198, 18, 0, 0), 15},
                                           {ip4(198, 51, 100, 0), 24},
                                           {ip4(203, 0, 113, 0), 24},
                                           {ip4(224, 0, 0, 0), 4},
                                           {ip4(240, 0, 0, 0), 4},
                                           {ip4(255, 255, 255, 255), 32}}};

bool is_public4(std::uint32_t address) {
  return std::none_of(special4.begin(), special4.end(), [&](const Block4& block) {
    return (address ^ block.address) >> (32U - block.bits) == 0;
  });
}

using Bytes16 = std::array<std::uint8_t, 16>;

struct Block6 {
  Bytes16 address;
  unsigned bits;
};

constexpr std::array<Block6, 8> special6{{{{0xfc}, 7},
                                          {{0xfe, 0x80}, 10},
                                          {{0xfe, 0xc0}, 10},
                                          {{0xff}, 8},
                                          {{0x20, 0x01, 0x0d, 0xb8}, 32},
                                          {{0x3f, 0xff}, 20},
                                          {{0x01, 0x00}, 64},
                                          {{0x5f, 0x00}, 16}}};

bool begins_with(const Bytes16& address, const Bytes16& prefix, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(prefix.begin(), prefix.begin() + whole, address.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto difference = static_cast<unsigned>(address.at(whole) ^ prefix.at(whole));
  return difference >> (8 - bits % 8) == 0;
}

std::uint32_t ip4_at(const Bytes16& address, std::size_t at) {
  return ip4(address.at(at), address.at(at + 1), address.at(at + 2), address.at(at + 3));
}

bool is_public6(const Bytes16& address) {
  constexpr Bytes16 mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr Bytes16 nat64{0x00, 0x64, 0xff, 0x9b};
  constexpr Bytes16 nat64_local{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
  constexpr Bytes16 six_to_four{0x20, 0x02};
  if (begins_with(address, mapped, 96)) return is_public4(ip4_at(address, 12));
  if (begins_with(address, nat64_local, 48)) return false;
  if (begins_with(address, nat64, 96)) return is_public4(ip4_at(address, 12));
  if (begins_with(address, six_to_four, 16)) return is_public4(ip4_at(address, 2));
  // ::, ::1 and the deprecated IPv4-compatible addresses.
  if (begins_with(address, Bytes16{}, 96)) return false;
  return std::none_of(special6.begin(), special6.end(),
                      [&](const Block6& block) { return begins_with(address, block.address, block.bits); });
}

Bytes16 bytes_of(const in6_addr& address) {
  Bytes16 bytes{};
  std::copy(std::begin(address.s6_addr), std::end(address.s6_addr), bytes.begin());
  return bytes;
}

}  // namespace

bool is_public_address(const sockaddr* address) {
  if (address->sa_family == AF_INET)
    return is_public4(ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
  if (address->sa_family == AF_INET6)
    return is_public6(bytes_of(reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr));
  return false;
}

bool is_public_address(std::string_view numeric) {
  const std::string text{numeric.substr(0, numeric.find('%'))};  // without a zone
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return is_public4(ntohl(four.s_addr));
  in6_addr six{};
  return inet_pton(AF_INET6, text.c_str(), &six) == 1 && is_public6(bytes_of(six));
}

}  // namespace godwit::http
