// Checked query parameters. Each function reads one parameter by name and says in words, naming it, why its
// value cannot be used; a parameter given twice is refused. The error becomes an answer with
// bad_parameter():
//
//   auto limit = query_integer(request, "limit", {.min = 1, .max = 1000, .fallback = 100});
//   if (!limit) return bad_parameter(limit.error());
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/http/request.h"
#include "common/http/response.h"

namespace godwit::http {

struct BadParameter {
  std::string parameter;
  std::string message;  // one sentence that names the parameter
};

// 400 with the message as detail and the member "parameter".
Response bad_parameter(const BadParameter& bad);

struct IntegerRange {
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::int64_t fallback = 0;  // when the parameter is absent
};
Result<std::int64_t, BadParameter> query_integer(const Request& request, std::string_view name,
                                                 const IntegerRange& range);

// One of these words, or nullopt when absent.
Result<std::optional<std::string>, BadParameter> query_one_of(const Request& request, std::string_view name,
                                                              std::initializer_list<std::string_view> words);

// RFC 3339. A `+` before the offset may come unescaped, as people type it.
Result<std::optional<Timestamp>, BadParameter> query_time(const Request& request, std::string_view name);

// `true` or `false`.
Result<std::optional<bool>, BadParameter> query_boolean(const Request& request, std::string_view name);

// Any text of 1 to `bytes_max` bytes.
Result<std::optional<std::string>, BadParameter> query_text(const Request& request, std::string_view name,
                                                            std::size_t bytes_max = 1024);

// The first parameter of the request that is not among `known`: a typing error must not be an empty filter.
std::optional<BadParameter> unknown_parameter(const Request& request,
                                              std::initializer_list<std::string_view> known);

}  // namespace godwit::http
