#include "consumers/dashboard/page.h"

#include <string>

#include "common/http/encoding.h"
#include "consumers/dashboard/caching.h"

namespace godwit::dashboard {
namespace {

// Nothing from elsewhere, nothing inline: text from events cannot become script even if it became markup.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src "
    "'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// The page's own addresses: whatever they are called with, the script reads.
constexpr const char* addresses[] = {
    "/migrations", "/migrations/{task_id}", "/plans",        "/plans/{plan_id}", "/pipeline",
    "/audit",      "/audit/{event_id}",     "/notifications"};

bool takes_gzip(const http::Request& request) {
  const auto accepted = request.header("Accept-Encoding");
  return accepted && http::has_token(*accepted, "gzip");
}

http::Response serve(const http::Request& request, const Asset& asset) {
  http::Response response{.content_type = std::string{asset.content_type}};
  const bool hashed = asset.path != "/";
  response.headers = {{"ETag", std::string{asset.etag}},
                      {"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Content-Security-Policy", std::string{content_policy}},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Vary", "Accept-Encoding"}};
  if (has_tag(request, asset.etag)) {
    response.status = 304;
  } else if (!asset.gzip.empty() && takes_gzip(request)) {
    response.body = asset.gzip;
    response.headers.emplace_back("Content-Encoding", "gzip");
  } else {
    response.body = asset.body;
  }
  return response;
}

}  // namespace

void add_page(http::Router& router) {
  for (const Asset& asset : assets()) {
    const auto answer = [&asset](const http::Request& request) { return serve(request, asset); };
    router.get(asset.path, answer);
    if (asset.path != "/") continue;
    for (const char* address : addresses) router.get(address, answer);
  }
}

}  // namespace godwit::dashboard
