#include "producers/worker/target.h"

#include <fmt/format.h>

#include <cctype>

#include "producers/worker/parse/number.h"

namespace godwit::worker {
namespace {

std::string without_secrets(std::string_view url) {
  const std::size_t host_start = url.find("://") + 3;
  const std::size_t path_start = std::min(url.find_first_of("/?#", host_start), url.size());
  const std::size_t user_end = url.substr(0, path_start).rfind('@');
  std::string out{url.substr(0, host_start)};
  out += url.substr(user_end == std::string_view::npos ? host_start : user_end + 1);
  return out.substr(0, out.find_first_of("?#", host_start));
}

bool has_blank(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return true;
  return false;
}

Result<Target> http_target(std::string_view url, std::string_view file_name) {
  const std::size_t host_start = url.find("://") + 3;
  const std::size_t path_start = std::min(url.find_first_of("/?#", host_start), url.size());
  if (path_start == host_start || has_blank(url))
    return invalid_error("--target: an http(s) URL needs a host and no blanks");
  Target target{.kind = Target::Kind::http, .location = std::string{url}, .shown_uri = {}};
  // The name goes to the end of the path, before a query.
  const std::size_t path_end = std::min(url.find_first_of("?#", host_start), url.size());
  if (path_end == path_start) target.location.insert(path_end, fmt::format("/{}", file_name));
  if (path_end > path_start && url[path_end - 1] == '/') target.location.insert(path_end, file_name);
  target.shown_uri = without_secrets(target.location);
  return target;
}

}  // namespace

Result<Target> parse_target(std::string_view url, std::string_view file_name) {
  if (url.starts_with("http://") || url.starts_with("https://")) return http_target(url, file_name);
  std::string_view path = url;
  if (!parse::take_prefix(path, "file:"))
    return invalid_error("--target must be an http:, https: or file: URL");
  parse::take_prefix(path, "//");
  if (!path.starts_with('/')) return invalid_error("--target: a file: URL names an absolute directory");
  std::string location = fmt::format("{}{}{}", path, path.ends_with('/') ? "" : "/", file_name);
  return Target{.kind = Target::Kind::directory, .location = location, .shown_uri = "file://" + location};
}

std::string file_name_of(std::string_view vm_name, std::string_view format) {
  constexpr std::size_t name_bytes_max = 200;  // file systems allow 255, with the format and a suffix
  std::string name{vm_name.substr(0, name_bytes_max)};
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_' && c != '-') c = '_';
  if (name.empty() || name.front() == '.') name.insert(name.begin(), '_');
  return fmt::format("{}.{}", name, format);
}

}  // namespace godwit::worker
