#include "consumers/webhooks/kinds/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "consumers/webhooks/kinds/address.h"
#include "consumers/webhooks/kinds/golden.h"
#include "consumers/webhooks/kinds/render.h"
#include "consumers/webhooks/kinds/template.h"

namespace godwit::webhooks::kinds {
namespace {

using Problem = std::optional<std::string>;

constexpr std::size_t recipients_max = 50;
constexpr std::size_t routing_key_characters = 32;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

template <std::string Options::*Member>
Problem read_text(Options& options, const std::string& text) {
  if (has_control(text)) return "must be one line without control characters";
  options.*Member = text;
  return std::nullopt;
}

template <std::string Options::*Member>
Problem read_http_url(Options& options, const std::string& text) {
  const bool http = text.starts_with("https://") || text.starts_with("http://");
  if (!http || has_control(text) || text.find_first_of(" <>\"\\^`|") != std::string::npos)
    return "must be an http or https URL";
  options.*Member = text;
  return std::nullopt;
}

template <std::string Options::*Member>
Problem read_template(Options& options, const std::string& text) {
  if (const Status good = check_template(text); !good) return good.error().message;
  options.*Member = text;
  return std::nullopt;
}

template <std::string Options::*Member>
std::string write_text(const Options& options) {
  return options.*Member;
}

Problem read_format(Options& options, const std::string& text) {
  if (text != "inherited" && text != "cloudevents") return "must be inherited or cloudevents";
  options.format = text == "cloudevents" ? Format::cloudevents : Format::inherited;
  return std::nullopt;
}

std::string write_format(const Options& options) {
  return options.format == Format::cloudevents ? "cloudevents" : "";
}

Problem read_routing_key(Options& options, const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.size() != routing_key_characters || !std::all_of(text.begin(), text.end(), plain))
    return fmt::format("must be the {} letters and digits of an Events API v2 integration",
                       routing_key_characters);
  options.routing_key = text;
  return std::nullopt;
}

Problem read_severity(Options& options, const std::string& text) {
  options.pagerduty_severity = severity_from(text);
  return options.pagerduty_severity ? std::nullopt : Problem{"must be critical, error, warning or info"};
}

std::string write_severity(const Options& options) {
  return options.pagerduty_severity ? std::string{to_string(*options.pagerduty_severity)} : std::string{};
}

Problem read_from(Options& options, const std::string& text) {
  if (!parse_mailbox(text)) return "must be name@host or Name <name@host>";
  options.email_from = text;
  return std::nullopt;
}

Problem read_to(Options& options, const std::string& text) {
  options.email_to.clear();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const auto mailbox = parse_mailbox(std::string_view{text}.substr(at, end - at));
    if (!mailbox || !mailbox->name.empty()) return "must be addresses name@host with commas between";
    options.email_to.push_back(mailbox->address);
    at = end + 1;
  }
  if (options.email_to.size() > recipients_max)
    return fmt::format("must be at most {} addresses", recipients_max);
  return std::nullopt;
}

std::string write_to(const Options& options) { return fmt::format("{}", fmt::join(options.email_to, ", ")); }

constexpr std::array<Key, 16> all_keys{{
    {"format", false, read_format, write_format},
    {"title", false, read_template<&Options::title>, write_text<&Options::title>},
    {"text", false, read_template<&Options::text>, write_text<&Options::text>},
    {"dashboard_url", false, read_http_url<&Options::dashboard_url>, write_text<&Options::dashboard_url>},
    {"slack_channel", false, read_text<&Options::slack_channel>, write_text<&Options::slack_channel>},
    {"slack_username", false, read_text<&Options::slack_username>, write_text<&Options::slack_username>},
    {"slack_icon_url", false, read_text<&Options::slack_icon_url>, write_text<&Options::slack_icon_url>},
    {"discord_username", false, read_text<&Options::discord_username>,
     write_text<&Options::discord_username>},
    {"discord_avatar_url", false, read_text<&Options::discord_avatar_url>,
     write_text<&Options::discord_avatar_url>},
    {"routing_key", true, read_routing_key, write_text<&Options::routing_key>},
    {"pagerduty_severity", false, read_severity, write_severity},
    {"email_from", false, read_from, write_text<&Options::email_from>},
    {"email_to", false, read_to, write_to},
    {"email_subject", false, read_template<&Options::email_subject>, write_text<&Options::email_subject>},
    {"smtp_username", false, read_text<&Options::smtp_username>, write_text<&Options::smtp_username>},
    {"smtp_password", true, read_text<&Options::smtp_password>, write_text<&Options::smtp_password>},
}};

Problem missing(Kind kind, const Options& options) {
  if (kind == Kind::pagerduty && options.routing_key.empty()) return "needs a 'routing_key'";
  if (kind == Kind::email && options.email_from.empty()) return "needs an 'email_from'";
  if (kind == Kind::email && options.email_to.empty()) return "needs an 'email_to'";
  if (options.smtp_username.empty() != options.smtp_password.empty())
    return "needs both 'smtp_username' and 'smtp_password', or neither";
  return std::nullopt;
}

// Every template against every event type: what the bounds allow for one they must allow for all.
Problem unrenderable(Kind kind, const Options& options) {
  if (options.title.empty() && options.text.empty() && options.email_subject.empty()) return std::nullopt;
  constexpr std::size_t body_bytes_max = 512 * 1024;
  for (const event::Event& event : golden_events()) {
    const Notice notice = make_notice(event);
    const auto body = render(kind, options, notice, "msg_0123456789abcdefghjkmnpqrs");
    if (body && body->size() > body_bytes_max)
      return fmt::format("makes a message of {} bytes of {}", body->size(), event.type_name);
  }
  return std::nullopt;
}

}  // namespace

std::span<const Key> keys() { return all_keys; }

const Key* find_key(std::string_view name) {
  const auto* at =
      std::find_if(all_keys.begin(), all_keys.end(), [&](const Key& key) { return key.name == name; });
  return at == all_keys.end() ? nullptr : at;
}

Status check(Kind kind, std::string_view url, const Options& options) {
  const bool mail = url.starts_with("smtp://") || url.starts_with("smtps://");
  if (mail != (kind == Kind::email))
    return invalid_error(kind == Kind::email ? "needs an smtp or smtps URL" : "needs an http or https URL");
  if (const Problem problem = missing(kind, options)) return invalid_error(*problem);
  if (const Problem problem = unrenderable(kind, options)) return invalid_error(*problem);
  return Done{};
}

}  // namespace godwit::webhooks::kinds
