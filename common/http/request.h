// Request: one HTTP request as a value, whole and bounded, with its query decoded. What a handler gets, and
// what a test makes with make_request().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace godwit::http {

using NameValues = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string path;             // as it came: still percent-encoded, without the query
  NameValues query_parameters;  // decoded, in order
  NameValues headers;           // as they came, in order
  std::string body;
  std::string remote_address;
  NameValues path_parameters;  // decoded; set by the router

  // The value of the first header of that name, compared without case.
  std::optional<std::string_view> header(std::string_view name) const;
  // The first value of a query parameter, or all of them.
  std::optional<std::string> query(std::string_view name) const;
  std::vector<std::string> query_all(std::string_view name) const;
  // What stands for `{name}` in the route's pattern. Asking for a name it does not have is a programming
  // error.
  const std::string& param(std::string_view name) const;
};

// Splits `target`, such as "/api/v1/progress?limit=5", and decodes the query. `invalid` when an escape is
// broken or a query value is no UTF-8 or holds a control character.
Result<Request> make_request(std::string method, std::string_view target);

// The way back: path and query of a request, to ask the same elsewhere.
std::string target_of(const Request& request);

}  // namespace godwit::http
