#include "consumers/webhooks/kinds/render.h"

#include "common/json/writer.h"
#include "consumers/webhooks/kinds/address.h"
#include "consumers/webhooks/kinds/bodies.h"

namespace godwit::webhooks::kinds {
namespace {

std::string with_routing_key(const std::string& key, const std::string& body) {
  json::Writer head;
  head.begin_object().member("routing_key", key);
  return std::string{head.text()} + "," + body.substr(1);
}

std::string_view content_type_of(Kind kind, const Options& options) {
  if (kind == Kind::email) return "message/rfc822";
  const bool event = kind == Kind::generic && options.format == Format::cloudevents;
  return event ? "application/cloudevents+json; charset=utf-8" : "application/json";
}

}  // namespace

std::optional<std::string> render(Kind kind, const Options& options, const Notice& notice,
                                  std::string_view delivery_id) {
  switch (kind) {
    case Kind::generic:
      return generic_body(options, notice);
    case Kind::slack:
      return slack_body(options, notice, delivery_id);
    case Kind::discord:
      return discord_body(options, notice, delivery_id);
    case Kind::teams:
      return teams_body(options, notice, delivery_id);
    case Kind::pagerduty:
      return pagerduty_body(options, notice);
    case Kind::email:
      return email_body(options, notice, delivery_id);
  }
  return std::nullopt;
}

Message make_message(Kind kind, const Options& options, std::string body) {
  Message message{.content_type = std::string{content_type_of(kind, options)},
                  .body = std::move(body),
                  .mail_from = {},
                  .mail_to = {}};
  if (kind == Kind::pagerduty && message.body.starts_with('{'))
    message.body = with_routing_key(options.routing_key, message.body);
  if (kind == Kind::email) {
    if (const auto from = parse_mailbox(options.email_from)) message.mail_from = from->address;
    message.mail_to = options.email_to;
  }
  return message;
}

std::string url_to_post(Kind kind, std::string url) {
  if (kind != Kind::discord || url.find("wait=") != std::string::npos) return url;
  url += url.find('?') == std::string::npos ? "?wait=true" : "&wait=true";
  return url;
}

}  // namespace godwit::webhooks::kinds
