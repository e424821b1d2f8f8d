#include "common/http/request.h"

#include <algorithm>

#include "common/http/encoding.h"

namespace godwit::http {
namespace {

bool is_clean(std::string_view text) {
  return is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

Result<std::pair<std::string, std::string>> decode_pair(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  auto name = percent_decode(pair.substr(0, equals), Plus::space);
  auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), Plus::space);
  if (!name || !value) return invalid_error("the query holds a '%' that two hex digits do not follow");
  if (!is_clean(*name) || !is_clean(*value))
    return invalid_error("the query holds bytes that are no UTF-8, or control characters");
  return std::pair{std::move(*name), std::move(*value)};
}

const std::string* find_first(const NameValues& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& pair) { return pair.first == name; });
  return found == all.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name)) return value;
  return std::nullopt;
}

std::optional<std::string> Request::query(std::string_view name) const {
  const std::string* value = find_first(query_parameters, name);
  return value == nullptr ? std::nullopt : std::optional{*value};
}

std::vector<std::string> Request::query_all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : query_parameters)
    if (key == name) out.push_back(value);
  return out;
}

const std::string& Request::param(std::string_view name) const {
  const std::string* value = find_first(path_parameters, name);
  GODWIT_CHECK(value != nullptr, "the route has no path parameter '{}'", name);
  return *value;
}

Result<Request> make_request(std::string method, std::string_view target) {
  Request request;
  request.method = std::move(method);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    if (end > 0) {
      auto pair = decode_pair(rest.substr(0, end));
      if (!pair) return pair.error();
      request.query_parameters.push_back(std::move(*pair));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return request;
}

std::string target_of(const Request& request) {
  std::string out = request.path;
  char mark = '?';
  for (const auto& [name, value] : request.query_parameters) {
    out += mark + percent_encode(name) + "=" + percent_encode(value);
    mark = '&';
  }
  return out;
}

}  // namespace godwit::http
