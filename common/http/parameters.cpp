#include "common/http/parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace godwit::http {
namespace {

using Text = Result<std::optional<std::string>, BadParameter>;

BadParameter refuse(std::string_view name, std::string_view must, std::string_view value) {
  constexpr std::size_t shown_max = 64;
  return {std::string{name},
          fmt::format("parameter '{}' must be {}, not '{}'", name, must, value.substr(0, shown_max))};
}

Text single(const Request& request, std::string_view name) {
  auto all = request.query_all(name);
  if (all.size() > 1)
    return BadParameter{std::string{name}, fmt::format("parameter '{}' is given more than once", name)};
  if (all.empty()) return std::optional<std::string>{};
  return std::optional<std::string>{std::move(all.front())};
}

}  // namespace

Response bad_parameter(const BadParameter& bad) {
  return problem(400, bad.message, {{"parameter", bad.parameter}});
}

Result<std::int64_t, BadParameter> query_integer(const Request& request, std::string_view name,
                                                 const IntegerRange& range) {
  auto text = single(request, name);
  if (!text) return text.error();
  if (!text->has_value()) return range.fallback;
  const std::string& digits = **text;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number < range.min ||
      number > range.max)
    return refuse(name, fmt::format("a whole number from {} to {}", range.min, range.max), digits);
  return number;
}

Result<std::optional<std::string>, BadParameter> query_one_of(const Request& request, std::string_view name,
                                                              std::initializer_list<std::string_view> words) {
  auto text = single(request, name);
  if (!text || !text->has_value()) return text;
  if (std::find(words.begin(), words.end(), **text) == words.end())
    return refuse(name, fmt::format("one of {}", fmt::join(words, ", ")), **text);
  return text;
}

Result<std::optional<Timestamp>, BadParameter> query_time(const Request& request, std::string_view name) {
  auto text = single(request, name);
  if (!text) return text.error();
  if (!text->has_value()) return std::optional<Timestamp>{};
  std::string value = **text;
  // "...+01:00" typed into a URL arrives as "... 01:00".
  constexpr std::size_t offset_size = 6;
  if (value.size() > offset_size && value[value.size() - offset_size] == ' ')
    value[value.size() - offset_size] = '+';
  auto time = parse_rfc3339(value);
  if (!time) return refuse(name, "an RFC 3339 time such as 2026-11-21T09:54:19.257Z", value);
  return std::optional<Timestamp>{*time};
}

Result<std::optional<bool>, BadParameter> query_boolean(const Request& request, std::string_view name) {
  auto text = query_one_of(request, name, {"true", "false"});
  if (!text) return text.error();
  if (!text->has_value()) return std::optional<bool>{};
  return std::optional<bool>{**text == "true"};
}

Result<std::optional<std::string>, BadParameter> query_text(const Request& request, std::string_view name,
                                                            std::size_t bytes_max) {
  auto text = single(request, name);
  if (!text || !text->has_value()) return text;
  if ((*text)->empty() || (*text)->size() > bytes_max)
    return BadParameter{std::string{name},
                        fmt::format("parameter '{}' must have 1 to {} bytes", name, bytes_max)};
  return text;
}

std::optional<BadParameter> unknown_parameter(const Request& request,
                                              std::initializer_list<std::string_view> known) {
  for (const auto& pair : request.query_parameters) {
    if (std::find(known.begin(), known.end(), pair.first) != known.end()) continue;
    const std::string shown = pair.first.substr(0, 64);
    if (known.size() == 0)
      return BadParameter{shown, fmt::format("parameter '{}' is unknown; none is taken here", shown)};
    return BadParameter{
        shown, fmt::format("parameter '{}' is unknown; known are {}", shown, fmt::join(known, ", "))};
  }
  return std::nullopt;
}

}  // namespace godwit::http
