// What follows from an answer: done, again later, or never. Pure functions; time and chance are arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "consumers/webhooks/endpoint.h"
#include "consumers/webhooks/kinds/verdict.h"

namespace godwit::webhooks {

// No wait is longer, whatever an endpoint asks for.
inline constexpr Millis wait_max = std::chrono::hours{24};

// What came back from one try: a status and what its kind of endpoint means by it, or why there was none.
struct Answer {
  std::optional<int> status = {};
  kinds::Verdict ruling = {};
  std::optional<std::string> retry_after = {};  // the header, as it came
  std::string body_head = {};                   // the beginning of the answer's body
  std::optional<Error> failure = {};            // set when there is no status; names no secret
};

enum class Verdict { succeeded, again, never };

// As its kind rules; without an answer again, but for a request that was refused before it was sent.
Verdict verdict_of(const Answer& answer);

// No message will be taken there before somebody changes something.
bool is_dead(const Answer& answer);

// One line for people and for data.error.message, and the word for data.error.code.
std::string describe(const Answer& answer);
std::string error_code(const Answer& answer);

// Seconds (decimals allowed) or an HTTP date (RFC 9110, section 10.2.3), as a wait from `now` of at most
// wait_max; nullopt when it is neither. A date in the past is no wait.
std::optional<Millis> parse_retry_after(std::string_view text, Timestamp now);

// The pause an answer asks for, whatever its status: by Retry-After or in the way of its kind. The longest
// counts.
std::optional<Millis> asked_pause(const Answer& answer, Timestamp now);

// One try that has been made.
struct Tried {
  std::int64_t number = 1;  // 1 is the first
  Timestamp event_time{};
  Timestamp now{};
};

// The wait before the try after this one, spread evenly over its length by `chance` in [0, 1) (full jitter);
// nullopt when the plan has none.
std::optional<Millis> wait_after(const RetryPlan& plan, std::int64_t try_number, double chance);

// When the next try is due; nullopt when there is none: it succeeded, it is hopeless, the plan is at its end,
// or the event is too old by then. Never sooner than the endpoint asked.
std::optional<Timestamp> next_try(const RetryPlan& plan, const Answer& answer, const Tried& tried,
                                  double chance);

}  // namespace godwit::webhooks
