// Requests with one fault each, and what the gateway must say to them.
#pragma once

#include <string>
#include <vector>

#include "common/http/request.h"

namespace godwit::gateway {

struct Malformed {
  std::string what;
  http::Request request;
  int status = 400;
  std::string detail;                       // of the problem, whole
  std::optional<std::string> pointer = {};  // of the problem; nullopt: it has none
};

// Bodies in structured mode that are no event, or one that breaks a rule of the catalogue.
std::vector<Malformed> malformed_structured();
// Headers and bodies in binary mode.
std::vector<Malformed> malformed_binary();
// Batches without a good event, content types, methods, paths and keys.
std::vector<Malformed> malformed_requests();

}  // namespace godwit::gateway
