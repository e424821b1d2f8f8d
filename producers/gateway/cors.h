// Cross-origin requests: which web pages may post events from a browser. Pure.
// https://fetch.spec.whatwg.org/#http-cors-protocol
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/http/request.h"
#include "common/http/response.h"

namespace godwit::gateway {

// A value. Without origins it does nothing: a browser then lets no page of another origin post events.
class Cors {
 public:
  Cors() = default;
  // `invalid` for what is no origin such as https://ops.example.com:8443; "*" is none.
  static Result<Cors> allow(const std::vector<std::string>& origins);

  bool empty() const { return origins_.empty(); }
  // 204 with what the page may send, or 403 for a page that is not named.
  http::Response preflight(const http::Request& request) const;
  // Lets the page that asked, if it is named, read the answer.
  void open_to_page(const http::Request& request, http::Response& response) const;

 private:
  bool names(std::string_view origin) const;

  std::vector<std::string> origins_;
};

}  // namespace godwit::gateway
