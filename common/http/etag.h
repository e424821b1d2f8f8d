// ETags: an answer that has not changed costs no body.
#pragma once

#include "common/http/request.h"
#include "common/http/response.h"

namespace godwit::http {

// Gives a 200 with a body an ETag made of that body; makes it a 304 for a client that has it.
Response with_etag(const Request& request, Response response);

}  // namespace godwit::http
