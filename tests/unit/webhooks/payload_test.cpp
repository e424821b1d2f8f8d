#include "consumers/webhooks/payload.h"

#include <doctest/doctest.h>

#include "common/json/fields.h"
#include "consumers/webhooks/text.h"
#include "tests/unit/webhooks/events.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;

namespace {

Notice failed() {
  return {.occasion = Occasion::error,
          .task_id = "mig-1",
          .vm_name = "erp-db-01",
          .provider = "vsphere",
          .message = "Migration of erp-db-01 failed",
          .time = noon,
          .duration = std::chrono::minutes{15},
          .error = "the target is full"};
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

rapidjson::Document parse(const std::string& body) {
  rapidjson::Document out;
  out.Parse<json::parse_flags>(body.data(), body.size());
  REQUIRE_FALSE(out.HasParseError());
  return out;
}

std::size_t characters(const rapidjson::Value& text) {  // as Discord counts at the strictest: UTF-16 units
  std::size_t units = 0;
  for (const char c : std::string_view{text.GetString(), text.GetStringLength()}) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

}  // namespace

TEST_CASE("the generic body has the inherited keys, durations in nanoseconds") {
  CHECK(
      make_body(failed(), make_endpoint("g")) ==
      R"({"event_type":"error","task_id":"mig-1","vm_name":"erp-db-01","provider":"vsphere","status":"failed",)"
      R"("message":"Migration of erp-db-01 failed","timestamp":"2026-11-21T12:00:00.000Z","duration":900000000000,)"
      R"("error":"the target is full"})");
  Notice started = failed();
  started.occasion = Occasion::start;
  started.duration.reset();
  started.error.reset();
  started.metadata_json = R"({"wave":3})";
  CHECK(
      make_body(started, make_endpoint("g")) ==
      R"({"event_type":"start","task_id":"mig-1","vm_name":"erp-db-01","provider":"vsphere","status":"started",)"
      R"("message":"Migration of erp-db-01 failed","timestamp":"2026-11-21T12:00:00.000Z","metadata":{"wave":3}})");
}

TEST_CASE("the Slack body is an attachment with colour, fields and footer") {
  CHECK(
      make_body(failed(), make_endpoint("s", "https://hooks.example/x", Kind::slack)) ==
      R"({"username":"Godwit Migration","attachments":[{"color":"danger","title":"VM Migration: erp-db-01","fields":[)"
      R"({"title":"Event","value":"error","short":true},{"title":"Status","value":"failed","short":true},)"
      R"({"title":"Task ID","value":"mig-1","short":true},{"title":"Provider","value":"vsphere","short":true},)"
      R"({"title":"Error","value":"the target is full","short":false},{"title":"Duration","value":"15m0s","short":true}],)"
      R"("footer":"Godwit","ts":1795262400,"text":"Migration of erp-db-01 failed"}]})");
  Endpoint endpoint = make_endpoint("s", "https://hooks.example/x", Kind::slack);
  endpoint.slack_channel = "#ops";
  endpoint.slack_username = "bird";
  endpoint.slack_icon_url = "https://img.example/g.png";
  Notice warning = failed();
  warning.occasion = Occasion::warning;
  const auto body = parse(make_body(warning, endpoint));
  CHECK(json::Object{body}.text("channel") == "#ops");
  CHECK(json::Object{body}.text("username") == "bird");
  CHECK(json::Object{body}.text("icon_url") == "https://img.example/g.png");
  CHECK(json::Object{body["attachments"][0]}.text("color") == "warning");
}

TEST_CASE("the Discord body is an embed that mentions nobody") {
  CHECK(
      make_body(failed(), make_endpoint("d", "https://hooks.example/x", Kind::discord)) ==
      R"({"username":"Godwit Migration","embeds":[{"title":"VM Migration: erp-db-01","description":"Migration of erp-db-01 failed",)"
      R"("color":16711680,"fields":[{"name":"Event","value":"error","inline":true},{"name":"Status","value":"failed","inline":true},)"
      R"({"name":"Task ID","value":"mig-1","inline":true},{"name":"Provider","value":"vsphere","inline":true},)"
      R"({"name":"Error","value":"the target is full","inline":false},{"name":"Duration","value":"15m0s","inline":true}],)"
      R"("footer":{"text":"Godwit"},"timestamp":"2026-11-21T12:00:00.000Z"}],"allowed_mentions":{"parse":[]}})");
}

TEST_CASE("a hostile name is shown as it is and calls nobody") {
  Notice notice = failed();
  notice.vm_name = "<!channel> & <https://evil.example|here>\n*x*";
  const auto slack = parse(make_body(notice, make_endpoint("s", "https://hooks.example/x", Kind::slack)));
  CHECK(json::Object{slack["attachments"][0]}.text("title") ==
        "VM Migration: &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt; *x*");
  notice.vm_name = "@everyone [click](https://evil.example) `x`\n";
  const auto discord = parse(make_body(notice, make_endpoint("d", "https://hooks.example/x", Kind::discord)));
  CHECK(json::Object{discord["embeds"][0]}.text("title") ==
        "VM Migration: @everyone \\[click\\](https://evil.example) \\`x\\` ");
  CHECK(discord["allowed_mentions"]["parse"].Empty());
  notice.vm_name = "\"}]}\\\u202e\U0001F4A5";
  for (const Kind kind : {Kind::generic, Kind::slack, Kind::discord})
    parse(make_body(notice, make_endpoint("e", "https://hooks.example/x", kind)));
}

TEST_CASE("whatever is said stays within the limits of the channel") {
  for (const char* piece : {"x", "<", "*", "\u00e9", "\U0001F4A5"}) {
    Notice notice = failed();
    notice.vm_name = notice.provider = notice.message = repeat(piece, 10'000);
    notice.error = notice.message;
    notice.metadata_json = "{\"a\":\"" + repeat("x", 20'000) + "\"}";
    const auto discord =
        parse(make_body(notice, make_endpoint("d", "https://hooks.example/x", Kind::discord)));
    const auto& embed = discord["embeds"][0];
    CHECK(characters(embed["title"]) <= 256);
    CHECK(characters(embed["description"]) <= 4096);
    std::size_t all =
        characters(embed["title"]) + characters(embed["description"]) + characters(embed["footer"]["text"]);
    for (const auto& field : embed["fields"].GetArray()) {
      CHECK(characters(field["value"]) <= 1024);
      all += characters(field["name"]) + characters(field["value"]);
    }
    CHECK(all <= 6000);
    CHECK(make_body(notice, make_endpoint("s", "https://hooks.example/x", Kind::slack)).size() < 40'000);
    CHECK(make_body(notice, make_endpoint("g")).size() < 100'000);
  }
}

TEST_CASE("an empty value makes no field, which Discord would refuse") {
  Notice notice = failed();
  notice.provider = "";
  notice.error = " ";
  const auto discord = parse(make_body(notice, make_endpoint("d", "https://hooks.example/x", Kind::discord)));
  for (const auto& field : discord["embeds"][0]["fields"].GetArray())
    CHECK(json::Object{field}.text("name") != "Provider");
  CHECK(discord["embeds"][0]["fields"].Size() == 4);
}

TEST_CASE("a duration beyond 64 bits of nanoseconds is told as the most they hold") {
  Notice notice = failed();
  for (const std::int64_t ms : {9'223'372'036'854, 9'223'372'036'855, 9'007'199'254'740'991}) {
    notice.duration = Millis{ms};
    CHECK(parse(make_body(notice, make_endpoint("g")))["duration"].GetInt64() == 9'223'372'036'854'000'000);
    CHECK(!make_body(notice, make_endpoint("s", "https://hooks.example/s", Kind::slack)).empty());
  }
}

TEST_CASE("a duration reads as people write it") {
  CHECK(format_duration(Millis{0}) == "0s");
  CHECK(format_duration(Millis{250}) == "250ms");
  CHECK(format_duration(Millis{2500}) == "2.5s");
  CHECK(format_duration(Millis{900'000}) == "15m0s");
  CHECK(format_duration(Millis{3'605'000}) == "1h0m5s");
}

TEST_CASE("a text is cut between characters, never within") {
  CHECK(cut("abc", 3) == "abc");
  CHECK(cut("abcd", 3) == "ab\u2026");
  CHECK(cut("\U0001F4A5\U0001F4A5", 3) == "\U0001F4A5\u2026");
  CHECK(cut("", 3).empty());
}
