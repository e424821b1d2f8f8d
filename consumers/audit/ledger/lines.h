// Texts made of lines, as notes, checkpoints and proofs are: taken off the front of a view.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace godwit::audit::ledger {

// The line without its newline; nullopt, and `in` as it was, when no newline is left.
std::optional<std::string_view> take_line(std::string_view& in);
// A number as ASCII decimal without sign and leading zeroes; nullopt for anything else.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace godwit::audit::ledger
