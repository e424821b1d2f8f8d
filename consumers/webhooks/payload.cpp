#include "consumers/webhooks/payload.h"

#include <algorithm>
#include <array>

#include "common/json/writer.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks {
namespace {

constexpr std::string_view product = "Godwit";
constexpr std::string_view default_username = "Godwit Migration";

// Limits in characters. Discord's are its own (title 256, description 4096, field 1024, username 80, and 6000
// over the whole embed, which title + description + fields below stay under). Slack cuts a text at 40,000,
// and escaping makes one character five at most.
constexpr std::size_t title_max = 256;
constexpr std::size_t discord_description_max = 2048;
constexpr std::size_t discord_field_max = 1024;
constexpr std::size_t discord_small_field_max = 256;
constexpr std::size_t username_max = 80;
constexpr std::size_t slack_text_max = 3000;
constexpr std::size_t slack_field_max = 1000;
constexpr std::size_t generic_text_max = 4096;
constexpr std::size_t metadata_bytes_max = 8192;

struct Look {
  std::string_view event;
  std::string_view status;
  std::string_view slack_color;
  std::int64_t discord_color;
};

Look look_of(Occasion occasion) {
  switch (occasion) {
    case Occasion::start:
      return {"start", "started", "good", 65280};
    case Occasion::complete:
      return {"complete", "completed", "good", 65280};
    case Occasion::error:
      return {"error", "failed", "danger", 16711680};
    case Occasion::warning:
      return {"warning", "warning", "warning", 16753920};
  }
  return {};
}

struct NamedText {
  std::string_view name;
  std::string text;
  bool short_one = true;
};

// The lines of facts both chat kinds show; an empty one is refused by Discord and says nothing anywhere.
std::vector<NamedText> facts(const Notice& notice) {
  const Look look = look_of(notice.occasion);
  std::vector<NamedText> out{{"Event", std::string{look.event}},
                             {"Status", std::string{look.status}},
                             {"Task ID", one_line(notice.task_id)},
                             {"Provider", one_line(notice.provider)}};
  if (notice.error) out.push_back({"Error", *notice.error, false});
  if (notice.duration) out.push_back({"Duration", format_duration(*notice.duration)});
  const auto blank = [](const NamedText& fact) {
    return fact.text.find_first_not_of(" \t\r\n") == std::string::npos;
  };
  out.erase(std::remove_if(out.begin(), out.end(), blank), out.end());
  return out;
}

std::string slack_text(std::string_view text, std::size_t characters_max) {
  return escape_slack(cut(text, characters_max));
}

std::string slack_body(const Notice& notice, const Endpoint& endpoint) {
  json::Writer out;
  const std::string username{endpoint.slack_username.empty() ? default_username
                                                             : std::string_view{endpoint.slack_username}};
  out.begin_object()
      .member("username", cut(username, username_max))
      .key("attachments")
      .begin_array()
      .begin_object();
  out.member("color", look_of(notice.occasion).slack_color);
  out.member("title", slack_text("VM Migration: " + one_line(notice.vm_name), title_max))
      .key("fields")
      .begin_array();
  for (const NamedText& fact : facts(notice)) {
    out.begin_object().member("title", fact.name).member("value", slack_text(fact.text, slack_field_max));
    out.member("short", fact.short_one).end_object();
  }
  out.end_array().member("footer", product);
  out.member("ts",
             std::int64_t{std::chrono::floor<std::chrono::seconds>(notice.time).time_since_epoch().count()});
  if (!notice.message.empty()) out.member("text", slack_text(notice.message, slack_text_max));
  out.end_object().end_array();
  if (!endpoint.slack_channel.empty()) out.member("channel", endpoint.slack_channel);
  if (!endpoint.slack_icon_url.empty()) out.member("icon_url", endpoint.slack_icon_url);
  out.end_object();
  return out.take();
}

std::string discord_text(std::string_view text, std::size_t characters_max) {
  return cut(escape_discord(text), characters_max);
}

std::string discord_body(const Notice& notice, const Endpoint& endpoint) {
  json::Writer out;
  const std::string username{endpoint.discord_username.empty() ? default_username
                                                               : std::string_view{endpoint.discord_username}};
  out.begin_object()
      .member("username", cut(username, username_max))
      .key("embeds")
      .begin_array()
      .begin_object();
  out.member("title", discord_text("VM Migration: " + one_line(notice.vm_name), title_max));
  if (!notice.message.empty())
    out.member("description", discord_text(notice.message, discord_description_max));
  out.member("color", look_of(notice.occasion).discord_color).key("fields").begin_array();
  for (const NamedText& fact : facts(notice)) {
    const std::size_t characters_max = fact.short_one ? discord_small_field_max : discord_field_max;
    out.begin_object().member("name", fact.name).member("value", discord_text(fact.text, characters_max));
    out.member("inline", fact.short_one).end_object();
  }
  out.end_array().key("footer").begin_object().member("text", product).end_object();
  out.member("timestamp", format_rfc3339(notice.time)).end_object().end_array();
  // Whatever a name says, nobody is called by it.
  out.key("allowed_mentions").begin_object().key("parse").begin_array().end_array().end_object();
  if (!endpoint.discord_avatar_url.empty()) out.member("avatar_url", endpoint.discord_avatar_url);
  out.end_object();
  return out.take();
}

// A worker may tell of any time; what 64 bits of nanoseconds cannot hold is told as the most they can.
std::int64_t nanoseconds_of(Millis duration) {
  constexpr auto most = std::chrono::floor<Millis>(std::chrono::nanoseconds::max());  // 292 years
  return std::chrono::nanoseconds{std::clamp(duration, -most, most)}.count();
}

std::string generic_body(const Notice& notice) {
  json::Writer out;
  const Look look = look_of(notice.occasion);
  out.begin_object().member("event_type", look.event).member("task_id", notice.task_id);
  out.member("vm_name", notice.vm_name).member("provider", notice.provider).member("status", look.status);
  out.member("message", cut(notice.message, generic_text_max))
      .member("timestamp", format_rfc3339(notice.time));
  if (notice.duration) out.member("duration", nanoseconds_of(*notice.duration));
  if (notice.error) out.member("error", cut(*notice.error, generic_text_max));
  if (notice.metadata_json && notice.metadata_json->size() <= metadata_bytes_max)
    out.member_raw("metadata", *notice.metadata_json);
  out.end_object();
  return out.take();
}

}  // namespace

std::string_view event_word(Occasion occasion) { return look_of(occasion).event; }
std::string_view status_word(Occasion occasion) { return look_of(occasion).status; }

std::string make_body(const Notice& notice, const Endpoint& endpoint) {
  switch (endpoint.kind) {
    case Kind::slack:
      return slack_body(notice, endpoint);
    case Kind::discord:
      return discord_body(notice, endpoint);
    case Kind::generic:
      break;
  }
  return generic_body(notice);
}

}  // namespace godwit::webhooks
