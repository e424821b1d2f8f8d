// Advice: what usually helps against an error, in one sentence, by its code and else by its class.
#pragma once

#include <optional>
#include <string_view>

namespace godwit::webhooks::kinds {

std::optional<std::string_view> advice_for(std::string_view code, std::string_view error_class);

}  // namespace godwit::webhooks::kinds
