// Requests with one fault each, and what the gateway must say to them.
#pragma once

#include <optional>
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

// Structured mode: bodies that are no event, attributes and data that break a rule of the catalogue.
std::vector<Malformed> malformed_bodies();
std::vector<Malformed> malformed_attributes();
std::vector<Malformed> malformed_data();
// Headers and bodies in binary mode.
std::vector<Malformed> malformed_binary();
// Batches without a good event, content types, methods, paths and keys.
std::vector<Malformed> malformed_requests();

}  // namespace godwit::gateway
