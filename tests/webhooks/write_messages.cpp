// Writes what Godwit would send, for other programs to judge: for every golden event and every kind one
// message as it is, and one in which a worker says TEXT wherever it may say something; TEXT by turns. One
// JSON object a line. Usage: write_messages UNIX_SECONDS WHSEC WHSK TEXT...
#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/writer.h"
#include "consumers/webhooks/kinds/golden.h"
#include "consumers/webhooks/kinds/render.h"
#include "consumers/webhooks/signing.h"

namespace {

using namespace godwit;
using namespace godwit::webhooks;
using kinds::Kind;

kinds::Options some_options() {
  kinds::Options options;
  options.dashboard_url = "https://godwit.example/?task={task_id}&x=1";
  options.routing_key = "0123456789abcdef0123456789abcdef";
  options.email_from = "G\u00f6dwit (ops) <godwit@example.com>";
  options.email_to = {"a@example.com", "b@example.com"};
  options.slack_channel = "#ops";
  options.slack_icon_url = "https://godwit.example/bird.png";
  return options;
}

event::Event with_text(event::Event event, const std::string& text) {
  event::Data& data = event.data;
  for (auto* each :
       {&data.vm_name, &data.provider, &data.plan_id, &data.plan_name, &data.host, &data.user, &data.message,
        &data.reason, &data.stage, &data.hook, &data.endpoint, &data.alert, &data.dedup_key})
    if (*each || each == &data.message) *each = text;
  if (data.error) {
    data.error->message = text;
    data.error->code = text;
  }
  return event;
}

struct Signing {
  Timestamp at;
  std::string secret, key;
};

void write(Kind kind, const kinds::Options& options, const event::Event& event, const std::string& text,
           const Signing& signing) {
  const std::string id = make_delivery_id(event.source, event.id, kinds::to_string(kind));
  auto body = kinds::render(kind, options, kinds::make_notice(event), id);
  if (!body) return;
  const kinds::Message message = kinds::make_message(kind, options, std::move(*body));
  json::Writer out;
  out.begin_object().member("kind", kinds::to_string(kind)).member("event", event.type_name);
  out.member("subject", event.subject).member("text", text).member("id", id).member("body", message.body);
  out.member("content_type", message.content_type).member("from", message.mail_from).key("to").begin_array();
  for (const std::string& to : message.mail_to) out.value(to);
  out.end_array();
  if (kind != Kind::email) {
    const std::string secrets = fmt::format("{} {}", signing.secret, signing.key);
    out.member("signature", sign(secrets, id, signing.at, message.body));
    out.member("timestamp", fmt::format("{}", to_unix_ms(signing.at) / 1000));
    out.member("public", public_keys(secrets)).key("secrets").begin_array().value(signing.secret).end_array();
  }
  out.end_object();
  fmt::print("{}\n", out.text());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments{argv + 1, argv + argc};
  std::int64_t seconds = 0;
  if (arguments.size() < 4) return 2;
  std::from_chars(arguments[0].data(), arguments[0].data() + arguments[0].size(), seconds);
  const Signing signing{from_unix_ms(seconds * 1000), arguments[1], arguments[2]};
  if (!check_secrets(signing.secret) || !check_secrets(signing.key)) return 2;
  kinds::Options events = some_options();
  events.format = kinds::Format::cloudevents;
  std::size_t turn = 0;
  for (const event::Event& event : kinds::golden_events()) {
    const std::string& text = arguments[3 + turn++ % (arguments.size() - 3)];
    for (const Kind kind :
         {Kind::generic, Kind::slack, Kind::discord, Kind::teams, Kind::pagerduty, Kind::email}) {
      write(kind, some_options(), event, "", signing);
      write(kind, some_options(), with_text(event, text), text, signing);
    }
    write(Kind::generic, events, event, "", signing);
  }
}
