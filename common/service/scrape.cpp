#include "common/service/scrape.h"

#include <optional>

#include "common/http/accept.h"
#include "common/http/gzip.h"

namespace godwit::service {
namespace {

constexpr std::size_t gzip_bytes_min = 1024;  // below this the coding costs more than it saves

std::optional<metrics::Format> format_of(const http::Accepted& accepted) {
  const std::string_view version = accepted.parameter("version");
  if (accepted.value == "application/openmetrics-text" && (version.empty() || version == "1.0.0"))
    return metrics::Format::openmetrics;
  const bool text = accepted.value == "text/plain" && (version.empty() || version == "0.0.4");
  if (text || accepted.value == "text/*" || accepted.value == "*/*") return metrics::Format::text;
  return std::nullopt;
}

}  // namespace

metrics::Format format_for(const http::Request& request) {
  metrics::Format best = metrics::Format::text;
  double quality = 0;
  for (const http::Accepted& accepted : http::parse_accept(request.header("Accept").value_or(""))) {
    const auto format = format_of(accepted);
    if (!format || accepted.quality <= quality) continue;
    best = *format;
    quality = accepted.quality;
  }
  return best;
}

http::Response page_response(const http::Request& request, metrics::Exposition page) {
  http::Response out{.content_type = std::string{metrics::content_type(page.format())}, .body = page.take()};
  out.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  if (out.body.size() >= gzip_bytes_min &&
      http::accepts_coding(request.header("Accept-Encoding").value_or(""), "gzip")) {
    out.body = http::gzip(out.body);
    out.headers.emplace_back("Content-Encoding", "gzip");
  }
  return out;
}

}  // namespace godwit::service
