// A scrape: what GET /metrics of every program has in common, the choice of format and of coding by what the
// client accepts.
#pragma once

#include "common/http/request.h"
#include "common/http/response.h"
#include "common/metrics/exposition.h"

namespace godwit::service {

// The format of the highest weight among those there are, the first of equals; 0.0.4 when none is named.
metrics::Format format_for(const http::Request& request);

// An empty page in that format.
inline metrics::Exposition open_page(const http::Request& request) {
  return metrics::Exposition{format_for(request)};
}
// The page as the answer, compressed when the client takes gzip.
http::Response page_response(const http::Request& request, metrics::Exposition page);

}  // namespace godwit::service
