// Orders: what people may ask of a running worker, one per line of text. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace godwit::worker {

struct Order {
  enum class Kind { pause, resume, cancel, rate_limit, next_round, cutover };
  Kind kind = Kind::pause;
  std::optional<std::int64_t> rate;  // of rate_limit; none: no limit
  std::string task;                  // whose task or VM; empty: all that run
};

// "pause", "resume", "cancel", "rate-limit BYTES", "round" or "cutover", each with a task or VM after it if
// one alone is meant. `invalid`, with what is allowed, for anything else.
Result<Order> parse_order(std::string_view line);

}  // namespace godwit::worker
