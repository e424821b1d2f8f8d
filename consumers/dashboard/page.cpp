#include "consumers/dashboard/page.h"

#include <string>

#include "common/http/parameters.h"

namespace godwit::dashboard {
namespace {

// Nothing from elsewhere, nothing inline: text from events cannot become script even if it became markup.
constexpr std::string_view content_policy =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// If-None-Match is a list of quoted tags or `*`; tags hold no quotes, so a search finds only whole ones.
bool known(const http::Request& request, std::string_view etag) {
  const auto tags = request.header("If-None-Match");
  return tags && (*tags == "*" || tags->find(etag) != std::string_view::npos);
}

http::Response serve(const http::Request& request, const Asset& asset) {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  http::Response response{.content_type = std::string{asset.content_type}};
  if (known(request, asset.etag)) {
    response.status = 304;
  } else {
    response.body = asset.body;
  }
  response.headers = {{"ETag", std::string{asset.etag}},
                      {"Cache-Control", "no-cache"},
                      {"Content-Security-Policy", std::string{content_policy}},
                      {"Referrer-Policy", "no-referrer"}};
  return response;
}

}  // namespace

void add_page(http::Router& router) {
  for (const Asset& asset : assets())
    router.get(asset.path, [&asset](const http::Request& request) { return serve(request, asset); });
}

}  // namespace godwit::dashboard
