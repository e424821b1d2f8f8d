#include "common/http/router.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <optional>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/http/encoding.h"

namespace godwit::http {
namespace {

bool is_placeholder(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

// "/a/b" is {"a", "b"}, "/" is {""}.
std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> out;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    out.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

// Decoded after splitting, so that an escaped slash stays inside its segment.
std::optional<std::vector<std::string>> split_decoded(std::string_view path) {
  std::vector<std::string> segments = split(path);
  for (std::string& segment : segments) {
    auto decoded = percent_decode(segment);
    if (!decoded || !is_utf8(*decoded) || decoded->find('\0') != std::string::npos) return std::nullopt;
    segment = std::move(*decoded);
  }
  return segments;
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(),
                    [](const std::string& expected, const std::string& actual) {
                      return is_placeholder(expected) ? !actual.empty() : expected == actual;
                    });
}

// Whether `a` is literal at the first place where only one of the two is.
bool more_literal(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (is_placeholder(a[i]) != is_placeholder(b[i])) return is_placeholder(b[i]);
  return false;
}

Response run(const Handler& handler, const Request& request, std::string_view pattern) {
  try {
    return handler(request);
  } catch (const std::exception& failure) {
    log_error("{} {} failed: {}", request.method, pattern, failure.what());
  } catch (...) {  // nothing may pass through the C frames above us
    log_error("{} {} failed with something that is no exception", request.method, pattern);
  }
  return problem(500, "this request could not be answered; the log of the service says why");
}

}  // namespace

Router& Router::get(std::string_view pattern, Handler handler) {
  return add("GET", pattern, std::move(handler));
}
Router& Router::post(std::string_view pattern, Handler handler) {
  return add("POST", pattern, std::move(handler));
}
Router& Router::put(std::string_view pattern, Handler handler) {
  return add("PUT", pattern, std::move(handler));
}
Router& Router::del(std::string_view pattern, Handler handler) {
  return add("DELETE", pattern, std::move(handler));
}

Router& Router::options(std::string_view pattern, Handler handler) {
  return add("OPTIONS", pattern, std::move(handler));
}

Router& Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  GODWIT_CHECK(pattern.starts_with('/'), "pattern '{}' must begin with a slash", pattern);
  auto route =
      std::find_if(routes_.begin(), routes_.end(), [&](const Route& r) { return r.pattern == pattern; });
  if (route == routes_.end())
    route = routes_.insert(routes_.end(), Route{std::string{pattern}, split(pattern), {}});
  const bool added = route->by_method.emplace(method, std::move(handler)).second;
  GODWIT_CHECK(added, "{} {} is added twice", method, pattern);
  return *this;
}

std::size_t Router::best_match(const std::vector<std::string>& segments) const {
  std::size_t best = routes_.size();
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (!matches(routes_[i].segments, segments)) continue;
    if (best == routes_.size() || more_literal(routes_[i].segments, routes_[best].segments)) best = i;
  }
  return best;
}

Response Router::handle(Request request) const { return answer(std::move(request)).response; }

Router::Answer Router::answer(Request request) const {
  const auto segments = split_decoded(request.path);
  if (!segments)
    return {problem(400, "the path holds a broken escape or bytes that are no UTF-8"), routes_.size()};
  const std::size_t at = best_match(*segments);
  if (at == routes_.size()) return {problem(404, fmt::format("there is nothing at {}", request.path)), at};
  const Route& route = routes_[at];
  const bool head = request.method == "HEAD";
  const auto found = route.by_method.find(head ? "GET" : request.method);
  if (found == route.by_method.end()) {
    std::vector<std::string> allowed;
    for (const auto& entry : route.by_method) allowed.push_back(entry.first);
    if (route.by_method.count("GET") > 0) allowed.emplace_back("HEAD");
    const std::string list = fmt::format("{}", fmt::join(allowed, ", "));
    Response refusal = problem(405, fmt::format("this path answers {}", list));
    refusal.headers.emplace_back("Allow", list);
    return {std::move(refusal), at};
  }
  for (std::size_t i = 0; i < segments->size(); ++i)
    if (const std::string& name = route.segments[i]; is_placeholder(name))
      request.path_parameters.emplace_back(name.substr(1, name.size() - 2), (*segments)[i]);
  Response response = run(found->second, request, route.pattern);
  if (head) {
    if (!response.stream && !response.live) response.content_length = response.body.size();
    response.body.clear();
    response.stream = nullptr;
    response.live = nullptr;
  }
  return {std::move(response), at};
}

std::vector<std::string> Router::patterns() const {
  std::vector<std::string> out;
  for (const Route& route : routes_) out.push_back(route.pattern);
  return out;
}

}  // namespace godwit::http
