#include "common/http/etag.h"

#include <fmt/format.h>

#include <cstdint>

namespace godwit::http {
namespace {

// FNV-1a, 64 bits.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  return hash;
}

}  // namespace

Response with_etag(const Request& request, Response response) {
  if (response.status != 200 || response.stream || response.live) return response;
  const std::string tag = fmt::format("\"{:016x}\"", hash_of(response.body));
  response.headers.emplace_back("ETag", tag);
  const auto known = request.header("If-None-Match");
  if (!known || (*known != "*" && known->find(tag) == std::string_view::npos)) return response;
  response.status = 304;
  response.body.clear();
  response.content_type.clear();
  return response;
}

}  // namespace godwit::http
