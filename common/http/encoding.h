// Percent encoding (RFC 3986, section 2.1), UTF-8 checks and comparison without case. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace godwit::http {

// In a query a `+` stands for a space, in a path it does not.
enum class Plus { literal, space };

// nullopt for a `%` that two hex digits do not follow.
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::literal);
// Everything but letters, digits and `-._~` is encoded: safe as one path segment or one query value.
std::string percent_encode(std::string_view text);

// Well-formed UTF-8: no overlong form, no surrogate, nothing past U+10FFFF.
bool is_utf8(std::string_view text);
// The same text with every byte that is no UTF-8, and every control character, replaced by `?`.
std::string printable(std::string_view text);

// ASCII only, as HTTP names are.
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string lower_case(std::string_view text);
// Whether a comma-separated header value such as `keep-alive, TE` holds `token`, without case.
bool has_token(std::string_view list, std::string_view token);

}  // namespace godwit::http
