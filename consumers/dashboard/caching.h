// Caching: an answer may be shown again for a second, and one that has not changed costs no body.
#pragma once

#include "common/http/request.h"
#include "common/http/response.h"

namespace godwit::dashboard {

// Gives a 200 an ETag of its body, whose `uptime` and `timestamp` do not count; makes it a 304 for a client
// that has it.
http::Response cacheable(const http::Request& request, http::Response response);

// Whether If-None-Match names this quoted tag.
bool has_tag(const http::Request& request, std::string_view etag);

}  // namespace godwit::dashboard
