// Verdict: what an answer means, for each kind of endpoint in its own way. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/clock.h"
#include "consumers/webhooks/kinds/kind.h"

namespace godwit::webhooks::kinds {

enum class Ruling {
  success,
  retry,          // the same message may be taken later
  permanent,      // this message never will; others may
  endpoint_dead,  // no message will, until somebody changes something
};

struct Verdict {
  Ruling ruling = Ruling::retry;
  // Send nothing there before, as the answer's body or the channel's own headers ask; of a success, too.
  // Retry-After is not looked at: it needs a clock.
  std::optional<Millis> wait = {};
  std::string reason = {};  // one printable line of at most 200 characters; empty on success
};

using Header = std::pair<std::string, std::string>;

// `status`: of HTTP, or the reply code of SMTP. `body_head`: the beginning of the answer's body, 4 KiB are
// enough. What never got an answer is for the caller to judge.
Verdict judge(Kind kind, int status, std::span<const Header> headers, std::string_view body_head);

}  // namespace godwit::webhooks::kinds
