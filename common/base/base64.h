// Base64 (RFC 4648): with padding for bytes inside JSON, in the URL alphabet without padding for cursors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace godwit {

std::string base64(std::string_view bytes);
// nullopt for anything base64() would not have written.
std::optional<std::string> from_base64(std::string_view text);
std::string base64url(std::string_view bytes);
// nullopt for anything base64url() would not have written, so that each text stands for one value only.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace godwit
