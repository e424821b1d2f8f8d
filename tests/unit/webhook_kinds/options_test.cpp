#include "consumers/webhooks/kinds/options.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace godwit;
using namespace godwit::webhooks::kinds;

namespace {

std::string set(Options& options, std::string_view name, const std::string& text) {
  const Key* key = find_key(name);
  REQUIRE(key != nullptr);
  return key->read(options, text).value_or("");
}

std::string problem(Kind kind, std::string_view url, const Options& options) {
  const Status good = check(kind, url, options);
  return good ? "" : good.error().message;
}

const std::string routing_key = "0123456789abcdef0123456789ABCDEF";

}  // namespace

TEST_CASE("each key reads back what it was given, and only secrets are secret") {
  const std::map<std::string_view, std::string> given{{"format", "cloudevents"},
                                                      {"title", "{{vm_name}}"},
                                                      {"text", "{{message}}"},
                                                      {"dashboard_url", "https://godwit.example/{task_id}"},
                                                      {"slack_channel", "#ops"},
                                                      {"slack_username", "bird"},
                                                      {"slack_icon_url", "https://img.example/g.png"},
                                                      {"discord_username", "bird"},
                                                      {"discord_avatar_url", "https://img.example/g.png"},
                                                      {"routing_key", routing_key},
                                                      {"pagerduty_severity", "error"},
                                                      {"email_from", "Godwit <godwit@example.com>"},
                                                      {"email_to", "a@example.com, b@example.com"},
                                                      {"email_subject", "{{headline}}"},
                                                      {"smtp_username", "bird"},
                                                      {"smtp_password", "tail"}};
  CHECK(given.size() == keys().size());
  Options options;
  for (const Key& key : keys()) {
    CHECK(key.write(options).empty());
    CHECK(set(options, key.name, given.at(key.name)).empty());
    CHECK(key.write(options) == given.at(key.name));
    CHECK(key.secret == (key.name == "routing_key" || key.name == "smtp_password"));
  }
  Options again;
  for (const Key& key : keys()) CHECK(set(again, key.name, key.write(options)).empty());
  CHECK(again == options);
}

TEST_CASE("a wrong value is refused without being repeated") {
  Options options;
  CHECK(set(options, "format", "xml") == "must be inherited or cloudevents");
  CHECK(set(options, "title", "{{x}}") == "line 1: there is no fact 'x'");
  CHECK(set(options, "dashboard_url", "javascript:alert(1)") == "must be an http or https URL");
  CHECK(set(options, "dashboard_url", "https://x/|y>") == "must be an http or https URL");
  CHECK(set(options, "routing_key", "s3cret").find("s3cret") == std::string::npos);
  CHECK(set(options, "pagerduty_severity", "bad") == "must be critical, error, warning or info");
  CHECK(set(options, "slack_channel", "#a\n#b") == "must be one line without control characters");
  for (const char* from : {"x", "a@b\r\nBcc: c@d", "a b@c", "<a@b", "A <a@b> c", "a@b@c", "a..b@c",
                           "\"x\\\" <a@b>", "a@", "@b", "a@-\xc3\xa9"})
    CHECK(set(options, "email_from", from) == "must be name@host or Name <name@host>");
  CHECK(set(options, "email_to", "") == "must be addresses name@host with commas between");
  CHECK(set(options, "email_to", "A <a@b>") == "must be addresses name@host with commas between");
  CHECK(set(options, "email_to", "a@b,,c@d") == "must be addresses name@host with commas between");
  CHECK(options == [&] {
    Options empty;
    empty.email_to = options.email_to;
    return empty;
  }());
}

TEST_CASE("an endpoint has what its kind needs") {
  Options options;
  CHECK(problem(Kind::generic, "https://x.example", options).empty());
  CHECK(problem(Kind::slack, "smtp://x.example", options) == "needs an http or https URL");
  CHECK(problem(Kind::email, "https://x.example", options) == "needs an smtp or smtps URL");
  CHECK(problem(Kind::pagerduty, "https://x.example", options) == "needs a 'routing_key'");
  CHECK(problem(Kind::email, "smtp://x.example", options) == "needs an 'email_from'");
  options.email_from = "a@example.com";
  CHECK(problem(Kind::email, "smtp://x.example", options) == "needs an 'email_to'");
  options.email_to = {"b@example.com"};
  CHECK(problem(Kind::email, "smtps://x.example", options).empty());
  options.smtp_username = "bird";
  CHECK(problem(Kind::email, "smtps://x.example", options) ==
        "needs both 'smtp_username' and 'smtp_password', or neither");
}

TEST_CASE("templates are tried on every type of event before anything is sent") {
  Options options;
  options.title = options.text = "{{headline}} {{#error}}{{error_code}}{{/error}}";
  for (const Kind kind : {Kind::generic, Kind::slack, Kind::discord, Kind::teams})
    CHECK(problem(kind, "https://x.example", options).empty());
}
