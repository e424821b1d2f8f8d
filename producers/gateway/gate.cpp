#include "producers/gateway/gate.h"

#include <algorithm>

#include "common/http/encoding.h"

namespace godwit::gateway {
namespace {

// The token of "Bearer <token>"; empty when there is none.
std::string_view bearer_token(const http::Request& request) {
  constexpr std::string_view scheme = "bearer ";
  std::string_view value = request.header("Authorization").value_or("");
  if (value.size() < scheme.size() || !http::equal_ignoring_case(value.substr(0, scheme.size()), scheme))
    return {};
  value.remove_prefix(scheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

// Which of the two it was is told apart, as RFC 6750 has it; which tokens there are is not.
http::Response unauthorized(bool token_came) {
  http::Response out = http::problem(
      401, token_came ? "this token is not known" : "a token is needed: Authorization: Bearer <token>");
  out.headers.emplace_back("WWW-Authenticate", token_came ? R"(Bearer realm="godwit", error="invalid_token")"
                                                          : R"(Bearer realm="godwit")");
  return out;
}

http::Response too_fast(Millis wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return http::retry_later(429, "this caller sends more events than it may; nothing was stored",
                           static_cast<int>(std::min<std::int64_t>(seconds, 86'400)));
}

}  // namespace

std::optional<std::string> Gate::caller_of(const http::Request& request) {
  if (options_.tokens == nullptr) return std::string{anonymous};
  const std::string_view token = bearer_token(request);
  if (token.empty()) {
    tokens_missing_.fetch_add(1);
    return std::nullopt;
  }
  auto name = options_.tokens->current()->name_of(token);
  if (!name) tokens_unknown_.fetch_add(1);
  return name;
}

Gate::Passed Gate::pass(const http::Request& request,
                        const std::function<Served(const std::string& caller)>& serve) {
  const auto caller = caller_of(request);
  if (!caller) return {unauthorized(!bearer_token(request).empty()), std::string{anonymous}, true};
  if (const auto wait = rate_.admit(*caller)) {
    rate_limited_.fetch_add(1);
    return {too_fast(*wait), *caller, true};
  }
  Served served = serve(*caller);
  if (served.events > 1) rate_.charge(*caller, served.events - 1);
  return {std::move(served.response), *caller, false};
}

http::Response Gate::admit(const http::Request& request,
                           const std::function<Served(const std::string& caller)>& serve) {
  const Timestamp began = clock_.now();
  Passed passed = pass(request, serve);
  requests_[static_cast<std::size_t>(passed.response.status) % requests_.size()].fetch_add(1);
  options_.cors.open_to_page(request, passed.response);
  if (options_.access_log != nullptr)
    options_.access_log->record({.request = request,
                                 .caller = passed.caller,
                                 .by_token = options_.tokens != nullptr && passed.caller != anonymous,
                                 .status = passed.response.status,
                                 .began = began,
                                 .ended = clock_.now()},
                                passed.turned_back);
  return std::move(passed.response);
}

GateStats Gate::stats() const {
  GateStats out{.tokens_missing = tokens_missing_.load(),
                .tokens_unknown = tokens_unknown_.load(),
                .rate_limited = rate_limited_.load(),
                .requests = {}};
  for (std::size_t status = 0; status < requests_.size(); ++status)
    if (const std::uint64_t count = requests_[status].load(); count > 0)
      out.requests.emplace_back(static_cast<int>(status), count);
  return out;
}

}  // namespace godwit::gateway
