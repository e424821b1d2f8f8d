// What a client accepts: the weighted lists of Accept and Accept-Encoding (RFC 9110, section 12.4). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::http {

// One element, in lower case but for the values of parameters.
struct Accepted {
  std::string value;                                            // "text/plain", "gzip", "*/*"
  std::vector<std::pair<std::string, std::string>> parameters;  // but for q; quotes are taken off
  double quality = 1;                                           // 0: not wanted

  // The parameter's value; empty when it is not there.
  std::string_view parameter(std::string_view name) const;
};

inline constexpr std::size_t accepted_max = 64;  // elements read; what follows is not looked at

// In the order of the header; an element whose weight is no number from 0 to 1 is left out.
std::vector<Accepted> parse_accept(std::string_view header);

// Whether an Accept-Encoding allows `coding`, which may stand there as `*`. An absent header allows none.
bool accepts_coding(std::string_view header, std::string_view coding);

}  // namespace godwit::http
