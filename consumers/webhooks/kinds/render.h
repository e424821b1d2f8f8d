// Rendering: from a notice to what is sent, for each kind of endpoint. Pure: the same notice, options and id
// give the same bytes, on every try and after every crash; every text is cut to the channel's limits between
// characters, and shown as it is: no markup, mention or control character in a name does anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumers/webhooks/kinds/notice.h"
#include "consumers/webhooks/kinds/options.h"

namespace godwit::webhooks::kinds {

// Bounds in bytes; the channels' own limits in characters are beside the code of each.
inline constexpr std::size_t generic_bytes_max = 256 * 1024;
inline constexpr std::size_t teams_bytes_max = 20 * 1024;  // 28 KB after Teams has wrapped it
inline constexpr std::size_t pagerduty_bytes_max = 512 * 1000;

// The body to keep with the delivery: one JSON object, or for email the whole mail (RFC 5322, CRLF, ASCII),
// for which the event's time is the Date and the id makes the Message-ID. nullopt: the kind has nothing to
// say of such an event (PagerDuty of what neither opens nor ends an incident). It holds no secret.
std::optional<std::string> render(Kind kind, const Options& options, const Notice& notice,
                                  std::string_view delivery_id);

// What one try sends: the body kept, with what is not kept beside it. For HTTP a POST of `body` with
// `content_type`; for email a mail of `body` from `mail_from` to all of `mail_to`.
struct Message {
  std::string content_type;
  std::string body;
  std::string mail_from;             // the address alone
  std::vector<std::string> mail_to;  // addresses alone
};
Message make_message(Kind kind, const Options& options, std::string body);

// The URL to POST to: what the kind needs beside the configured one (Discord's ?wait=true).
std::string url_to_post(Kind kind, std::string url);

}  // namespace godwit::webhooks::kinds
