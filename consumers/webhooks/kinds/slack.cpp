// slack: an incoming webhook's message
// (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
// https://docs.slack.dev/reference/block-kit/blocks). `text` is the notification, the header block the
// headline, the attachment with its colour the facts. Servers that imitate Slack show text and attachment.
// Everything from outside is plain text or escaped; `mrkdwn` is off where it would be on.
#include <fmt/format.h>

#include "common/json/writer.h"
#include "consumers/webhooks/kinds/bodies.h"
#include "consumers/webhooks/kinds/words.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

constexpr std::size_t fallback_units_max = 1000;  // cut at 40,000
constexpr std::size_t header_units_max = 150;
constexpr std::size_t title_units_max = 256;
constexpr std::size_t text_units_max = 3000;
constexpr std::size_t field_units_max = 2000;
constexpr std::size_t name_units_max = 80;

std::string_view color_of(Severity severity) {
  if (severity >= Severity::error) return "danger";
  return severity == Severity::warning ? "warning" : "good";
}

void add_text(json::Writer& out, std::string_view type, std::string_view text) {
  out.begin_object().member("type", type).member("text", text);
  if (type == "plain_text") out.member("emoji", false);
  out.end_object();
}

void add_blocks(json::Writer& out, const Notice& notice, const std::string& link) {
  out.key("blocks").begin_array().begin_object().member("type", "header").key("text");
  add_text(out, "plain_text", cut(plain_line(notice.headline), header_units_max, slack_escape));
  out.end_object();
  if (!link.empty()) {
    out.begin_object().member("type", "section").key("text");
    add_text(out, "mrkdwn",
             fmt::format("<{}|Open the migration>", cut(link, text_units_max - 32, slack_escape)));
    out.end_object();
  }
  out.end_array();
}

void add_attachment(json::Writer& out, const Options& options, const Notice& notice,
                    std::string_view delivery_id) {
  const std::string text = text_of(options, notice);
  out.key("attachments").begin_array().begin_object().member("color", color_of(notice.severity));
  out.member("title", cut(title_of(options, notice), title_units_max, slack_escape));
  if (const std::string link = link_of(options, notice); !link.empty()) out.member("title_link", link);
  out.key("fields").begin_array();
  for (const Fact& fact : facts_of(notice)) {
    out.begin_object().member("title", fact.name);
    out.member("value", cut(fact.text, field_units_max, slack_escape))
        .member("short", fact.is_short)
        .end_object();
  }
  out.end_array().member("footer", footer_of(delivery_id));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(notice.event.time).time_since_epoch().count();
  out.member("ts", std::int64_t{seconds});
  out.member("text", cut(text, text_units_max, slack_escape));
  out.key("mrkdwn_in").begin_array().end_array().end_object().end_array();
}

}  // namespace

std::string slack_body(const Options& options, const Notice& notice, std::string_view delivery_id) {
  const std::string_view username =
      options.slack_username.empty() ? default_username : options.slack_username;
  json::Writer out;
  out.begin_object().member("username", cut(username, name_units_max));
  out.member("text", cut(summary_of(notice), fallback_units_max, slack_escape)).member("mrkdwn", false);
  add_blocks(out, notice, link_of(options, notice));
  add_attachment(out, options, notice, delivery_id);
  if (!options.slack_channel.empty()) out.member("channel", options.slack_channel);
  if (!options.slack_icon_url.empty()) out.member("icon_url", options.slack_icon_url);
  out.end_object();
  return out.take();
}

}  // namespace godwit::webhooks::kinds
