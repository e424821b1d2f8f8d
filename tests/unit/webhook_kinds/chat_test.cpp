#include <doctest/doctest.h>

#include "consumers/webhooks/text.h"
#include "tests/unit/webhook_kinds/notices.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::kinds;
using namespace godwit::webhooks::kinds::test;

namespace {

std::size_t units(const rapidjson::Value& text) {
  return units_of({text.GetString(), text.GetStringLength()});
}

}  // namespace

TEST_CASE(
    "a Slack message has a notification, a headline, and an attachment with colour, fields and footer") {
  CHECK(
      body_of(Kind::slack, make_notice(failed_event())) ==
      R"({"username":"Godwit Migration","text":"Migration of erp-db-01 failed: the target is full","mrkdwn":false,)"
      R"("blocks":[{"type":"header","text":{"type":"plain_text","text":"Migration of erp-db-01 failed","emoji":false}}],)"
      R"("attachments":[{"color":"danger","title":"VM Migration: erp-db-01","fields":[)"
      R"({"title":"Event","value":"error","short":true},{"title":"Status","value":"failed","short":true},)"
      R"({"title":"Task ID","value":"mig-1","short":true},{"title":"Provider","value":"vsphere","short":true},)"
      R"({"title":"Error","value":"the target is full","short":false},{"title":"Duration","value":"15m0s","short":true}],)"
      R"("footer":"Godwit 01234567","ts":1795262400,"text":"Migration of erp-db-01 failed","mrkdwn_in":[]}]})");
}

TEST_CASE("a Slack message goes by the endpoint's channel, name and icon, and links to the dashboard") {
  Options options;
  options.slack_channel = "#ops";
  options.slack_username = "bird";
  options.slack_icon_url = "https://img.example/g.png";
  options.dashboard_url = "https://godwit.example/?a=b&task={task_id}";
  event::Event event = make_event(event::Type::warning_raised);
  event.data.message = "the guest has no tools";
  event.subject = "mig:1/\xc3\xa9";
  const auto body = parse(body_of(Kind::slack, make_notice(event), options));
  CHECK(test::text_of(body, "channel") == "#ops");
  CHECK(test::text_of(body, "username") == "bird");
  CHECK(test::text_of(body, "icon_url") == "https://img.example/g.png");
  const auto& attachment = body["attachments"][0];
  CHECK(test::text_of(attachment, "color") == "warning");
  CHECK(test::text_of(attachment, "text") == "the guest has no tools");
  CHECK(test::text_of(attachment, "title_link") == "https://godwit.example/?a=b&task=mig%3A1%2F%C3%A9");
  CHECK(test::text_of(body["blocks"][1]["text"], "text") ==
        "<https://godwit.example/?a=b&amp;task=mig%3A1%2F%C3%A9|Open the migration>");
}

TEST_CASE("a Discord message is an embed that mentions nobody") {
  CHECK(
      body_of(Kind::discord, make_notice(failed_event())) ==
      R"({"username":"Godwit Migration","embeds":[{"title":"VM Migration: erp-db-01","description":"Migration of erp-db-01 failed",)"
      R"("color":16711680,"fields":[{"name":"Event","value":"error","inline":true},{"name":"Status","value":"failed","inline":true},)"
      R"({"name":"Task ID","value":"mig-1","inline":true},{"name":"Provider","value":"vsphere","inline":true},)"
      R"({"name":"Error","value":"the target is full","inline":false},{"name":"Duration","value":"15m0s","inline":true}],)"
      R"("footer":{"text":"Godwit 01234567"},"timestamp":"2026-11-21T12:00:00.000Z"}],"allowed_mentions":{"parse":[]}})");
}

TEST_CASE("a name that Discord refuses is not asked for") {
  Options options;
  for (const char* name : {"DisCord bot", "xclyde", " "}) {
    options.discord_username = name;
    CHECK(test::text_of(parse(body_of(Kind::discord, make_notice(failed_event()), options)), "username") ==
          "Godwit Migration");
  }
  options.discord_username = "bird";
  CHECK(test::text_of(parse(body_of(Kind::discord, make_notice(failed_event()), options)), "username") ==
        "bird");
}

TEST_CASE("a hostile name is shown as it is and calls nobody") {
  event::Event event = failed_event();
  event.data.vm_name = "<!channel> & <https://evil.example|here>\n*x*";
  const auto slack = parse(body_of(Kind::slack, make_notice(event)));
  CHECK(test::text_of(slack["attachments"][0], "title") ==
        "VM Migration: &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt; *x*");
  event.data.vm_name = "@everyone [click](https://evil.example) `x`\n";
  const auto discord = parse(body_of(Kind::discord, make_notice(event)));
  CHECK(test::text_of(discord["embeds"][0], "title") ==
        "VM Migration: @everyone \\[click\\](https://evil.example) \\`x\\` ");
  CHECK(discord["allowed_mentions"]["parse"].Empty());
}

TEST_CASE("whatever is said, a Slack message stays within Slack's limits and escapes what is markup") {
  for (const std::string& text : hostile_texts()) {
    const std::string written = body_of(Kind::slack, hostile_notice(text));
    const auto body = parse(written);
    CHECK(written.size() < 100'000);
    CHECK(units(body["text"]) <= 40'000);
    CHECK(units(body["blocks"][0]["text"]["text"]) <= 150);
    const auto& attachment = body["attachments"][0];
    CHECK(units(attachment["footer"]) <= 300);
    for (const auto& field : attachment["fields"].GetArray()) CHECK(units(field["value"]) <= 2000);
    for (const std::string& shown : {test::text_of(body, "text"), test::text_of(attachment, "title"),
                                     test::text_of(attachment, "text")}) {
      CHECK(shown.find_first_of("<>") == std::string::npos);
      for (std::size_t at = shown.find('&'); at != std::string::npos; at = shown.find('&', at + 1)) {
        const std::string_view rest = std::string_view{shown}.substr(at);
        CHECK((rest.starts_with("&amp;") || rest.starts_with("&lt;") || rest.starts_with("&gt;")));
      }
    }
  }
}

TEST_CASE("whatever is said, a Discord message stays within Discord's limits, all of them together too") {
  for (const std::string& text : hostile_texts()) {
    Options options;
    options.dashboard_url = "https://godwit.example/{task_id}";
    const auto body = parse(body_of(Kind::discord, hostile_notice(text), options));
    const auto& embed = body["embeds"][0];
    CHECK(units(embed["title"]) <= 256);
    CHECK(units(embed["description"]) <= 4096);
    std::size_t all = units(embed["title"]) + units(embed["description"]) + units(embed["footer"]["text"]);
    CHECK(embed["fields"].Size() <= 25);
    for (const auto& field : embed["fields"].GetArray()) {
      CHECK(units(field["name"]) <= 256);
      CHECK(units(field["value"]) <= 1024);
      CHECK_FALSE(is_blank(test::text_of(field, "value")));
      all += units(field["name"]) + units(field["value"]);
    }
    CHECK(all <= 6000);
    CHECK(body["allowed_mentions"]["parse"].Empty());
  }
}

TEST_CASE("an empty value makes no field, which Discord would refuse") {
  event::Event event = failed_event();
  event.data.provider = "";
  event.data.error->message = " ";
  const auto body = parse(body_of(Kind::discord, make_notice(event)));
  for (const auto& field : body["embeds"][0]["fields"].GetArray())
    CHECK(test::text_of(field, "name") != "Provider");
  CHECK(body["embeds"][0]["fields"].Size() == 4);
}

TEST_CASE("a known error comes with what usually helps") {
  event::Event event = failed_event();
  event.data.error->code = "no_space";
  for (const Kind kind : {Kind::slack, Kind::discord, Kind::teams, Kind::pagerduty})
    CHECK(body_of(kind, make_notice(event)).find("Free space where") != std::string::npos);
  event.data.error->code = "vague";
  event.data.error->error_class = "auth";
  CHECK(body_of(Kind::slack, make_notice(event)).find("Check that the credentials") != std::string::npos);
}
