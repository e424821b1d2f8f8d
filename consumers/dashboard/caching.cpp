#include "consumers/dashboard/caching.h"

#include <fmt/format.h>

#include <string>

#include "common/event/event.h"

namespace godwit::dashboard {
namespace {

// The body without what changes by itself: uptime and timestamp follow each other near its beginning.
std::string tag_of(std::string_view body) {
  const auto begin = body.find("\"uptime\":");
  const auto end = body.find("Z\"", begin == std::string_view::npos ? body.size() : begin);
  if (end == std::string_view::npos) return fmt::format("\"{:016x}\"", event::identity_hash("", body));
  return fmt::format("\"{:016x}\"", event::identity_hash(body.substr(0, begin), body.substr(end)));
}

}  // namespace

// If-None-Match is a list of quoted tags or `*`; tags hold no quotes, so a search finds only whole ones.
bool has_tag(const http::Request& request, std::string_view etag) {
  const auto tags = request.header("If-None-Match");
  return tags && (*tags == "*" || tags->find(etag) != std::string_view::npos);
}

http::Response cacheable(const http::Request& request, http::Response response) {
  if (response.status != 200 || request.header("Godwit-Hop")) return response;
  const std::string etag = tag_of(response.body);
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Cache-Control", "private, max-age=1");
  if (!has_tag(request, etag)) return response;
  response.status = 304;
  response.body.clear();
  return response;
}

}  // namespace godwit::dashboard
