// Text for messages: made plain, cut to a channel's limits, and made harmless where the channel reads markup.
// Pure functions over UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace godwit::webhooks {

// What a name or message may show: control characters but line breaks and tabs become spaces; marks that turn
// the direction of other text round (bidirectional overrides, embeddings, isolates) are left out; bytes that
// are no UTF-8 become U+FFFD.
std::string plain(std::string_view text);
// The same on one line: line breaks of any kind become spaces.
std::string plain_line(std::string_view text);
// Nothing but white space.
bool is_blank(std::string_view text);

// How one character (one code point) is written where some of them are markup.
using Escape = void (*)(std::string_view character, std::string& out);

// `text` escaped, at most `units_max` UTF-16 units (the strictest way to count characters) with the escapes;
// what is cut ends in an ellipsis, never within a character, an escape, or what belongs to the character
// before (an accent, the second half of a flag).
std::string cut(std::string_view text, std::size_t units_max, Escape escape = nullptr);

// UTF-16 units of a text.
std::size_t units_of(std::string_view text);

// & < > as entities: what Slack needs to show a text as it is, mentions and links included.
void slack_escape(std::string_view character, std::string& out);
// A backslash before what Discord would read as markup.
void discord_escape(std::string_view character, std::string& out);
// & < > " ' as entities.
void html_escape(std::string_view character, std::string& out);

// "1h0m5s", "15m0s", "2.5s", "250ms", "0s".
std::string format_duration(Millis duration);

}  // namespace godwit::webhooks
