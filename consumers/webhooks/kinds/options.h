// Options: how an endpoint of some kind wants its messages, and the keys of the configuration that say so. A
// value. Keys marked secret are never logged nor returned.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "consumers/webhooks/kinds/kind.h"

namespace godwit::webhooks::kinds {

enum class Format { inherited, cloudevents };  // of generic

struct Options {
  Format format = Format::inherited;
  std::string title, text;    // templates (template.h); empty: the kind's own words
  std::string dashboard_url;  // "{task_id}" in it is replaced; empty: messages have no link
  std::string slack_channel, slack_username, slack_icon_url;
  std::string discord_username, discord_avatar_url;
  std::string routing_key;                     // of PagerDuty, 32 characters
  std::optional<Severity> pagerduty_severity;  // of every incident; nullopt: the event's
  std::string email_from;                      // "name@host" or "Name <name@host>"
  std::vector<std::string> email_to;           // addresses alone
  std::string email_subject;                   // a template; empty: the kind's own words
  std::string smtp_username, smtp_password;    // empty: no AUTH

  bool operator==(const Options&) const = default;
};

// One key of an endpoint's configuration. `read` takes a text and says what is wrong with it, as the rest of
// the sentence "'<name>' ...", without ever repeating it. `write` gives the text back; empty: not set.
struct Key {
  std::string_view name;
  bool secret = false;
  std::optional<std::string> (*read)(Options& options, const std::string& text) = nullptr;
  std::string (*write)(const Options& options) = nullptr;
};

std::span<const Key> keys();
const Key* find_key(std::string_view name);

// What a whole endpoint must satisfy beyond each key: what its kind needs, its URL's scheme, and that its
// templates render every event type within bounds. The error is one sentence, with the template's line.
Status check(Kind kind, std::string_view url, const Options& options);

}  // namespace godwit::webhooks::kinds
