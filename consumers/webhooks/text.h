// Text for chat messages: cut to a channel's limits, and made harmless where the channel reads markup. Pure
// functions over UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace godwit::webhooks {

// At most `units_max` UTF-16 units, the strictest way to count characters; what is cut ends in an ellipsis.
std::string cut(std::string_view text, std::size_t units_max);

// Line breaks and other control characters become spaces.
std::string one_line(std::string_view text);

// & < > as entities: what Slack needs to show a text as it is, mentions and links included.
std::string escape_slack(std::string_view text);

// A backslash before what Discord would read as markup.
std::string escape_discord(std::string_view text);

// "1h0m5s", "15m0s", "2.5s", "250ms", "0s".
std::string format_duration(Millis duration);

}  // namespace godwit::webhooks
