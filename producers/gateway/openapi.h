// The OpenAPI 3.1 document of the gateway: openapi.json, built in.
#pragma once

#include <string_view>

namespace godwit::gateway {

extern const std::string_view openapi;

}  // namespace godwit::gateway
