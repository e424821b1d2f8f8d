#include "producers/worker/order.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "producers/worker/parse/number.h"
#include "producers/worker/settings.h"

namespace godwit::worker {
namespace {

constexpr std::array<std::pair<std::string_view, Order::Kind>, 6> words{{
    {"pause", Order::Kind::pause},
    {"resume", Order::Kind::resume},
    {"cancel", Order::Kind::cancel},
    {"rate-limit", Order::Kind::rate_limit},
    {"round", Order::Kind::next_round},
    {"cutover", Order::Kind::cutover},
}};

std::string_view take_word(std::string_view& line) {
  while (line.starts_with(' ')) line.remove_prefix(1);
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

std::optional<Order::Kind> kind_of(std::string_view word) {
  for (const auto& [name, kind] : words)
    if (name == word) return kind;
  return std::nullopt;
}

}  // namespace

Result<Order> parse_order(std::string_view line) {
  const std::string_view word = take_word(line);
  const auto kind = kind_of(word);
  if (!kind)
    return invalid_error(
        fmt::format("'{}' is not one of pause, resume, cancel, rate-limit BYTES, round, cutover", word));
  Order order;
  order.kind = *kind;
  if (order.kind == Order::Kind::rate_limit) {
    const auto rate = parse::number<std::int64_t>(take_word(line));
    if (!rate || (*rate != 0 && *rate < rate_min) || *rate > rate_max)
      return invalid_error(fmt::format("rate-limit: bytes per second, 0 or {} to {}", rate_min, rate_max));
    if (*rate > 0) order.rate = *rate;
  }
  order.task = take_word(line);
  if (!take_word(line).empty()) return invalid_error(fmt::format("{}: too many words", word));
  return order;
}

}  // namespace godwit::worker
