#include "consumers/audit/ledger/lines.h"

#include <charconv>

namespace godwit::audit::ledger {

std::optional<std::string_view> take_line(std::string_view& in) {
  const std::size_t end = in.find('\n');
  if (end == in.npos) return std::nullopt;
  const std::string_view out = in.substr(0, end);
  in.remove_prefix(end + 1);
  return out;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t out = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace godwit::audit::ledger
