#include "producers/gateway/cors.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/http/encoding.h"

namespace godwit::gateway {
namespace {

constexpr std::string_view remember_seconds = "600";

bool is_origin(std::string_view text) {
  const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || text.size() == scheme) return false;
  return text.substr(scheme).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") ==
         std::string_view::npos;
}

bool may_be_sent(std::string_view header) {
  return header == "content-type" || header == "authorization" || header == "idempotency-key" ||
         (header.starts_with("ce-") &&
          header.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos);
}

// Those of the names in the list "a, B" that may be sent, in lower case. The attributes of an event have no
// fixed list, so what is asked for is answered.
std::string permitted(std::string_view asked) {
  std::string out;
  while (!asked.empty()) {
    const std::size_t comma = std::min(asked.find(','), asked.size());
    std::string name = http::lower_case(asked.substr(0, comma));
    std::erase_if(name, [](char c) { return c == ' ' || c == '\t'; });
    if (may_be_sent(name)) out += (out.empty() ? "" : ", ") + name;
    asked.remove_prefix(std::min(comma + 1, asked.size()));
  }
  return out;
}

}  // namespace

Result<Cors> Cors::allow(const std::vector<std::string>& origins) {
  Cors out;
  for (const std::string& origin : origins) {
    const std::string lower = http::lower_case(origin);  // as browsers send it
    if (!is_origin(lower))
      return invalid_error(
          fmt::format("'{}' is no origin; write it like https://ops.example.com, without a path", origin));
    out.origins_.push_back(lower);
  }
  return out;
}

bool Cors::names(std::string_view origin) const {
  return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

http::Response Cors::preflight(const http::Request& request) const {
  const std::string origin{request.header("Origin").value_or("")};
  if (!names(origin)) {
    http::Response refusal = http::problem(403, "this origin may not send events");
    refusal.headers.emplace_back("Vary", "Origin");
    return refusal;
  }
  http::Response out;
  out.status = 204;
  open_to_page(request, out);
  out.headers.emplace_back("Access-Control-Allow-Methods", "POST");
  if (const std::string list = permitted(request.header("Access-Control-Request-Headers").value_or(""));
      !list.empty())
    out.headers.emplace_back("Access-Control-Allow-Headers", list);
  out.headers.emplace_back("Access-Control-Max-Age", remember_seconds);
  return out;
}

void Cors::open_to_page(const http::Request& request, http::Response& response) const {
  if (origins_.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const std::string origin{request.header("Origin").value_or("")};
  if (!names(origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Access-Control-Expose-Headers", "Retry-After, Idempotency-Replayed");
}

}  // namespace godwit::gateway
