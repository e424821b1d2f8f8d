#include "consumers/webhooks/kinds/verdict.h"

#include <doctest/doctest.h>

#include <vector>

using namespace godwit;
using namespace godwit::webhooks::kinds;

namespace {

Verdict judged(Kind kind, int status, std::string_view body = "", const std::vector<Header>& headers = {}) {
  return judge(kind, status, headers, body);
}

Ruling ruling(Kind kind, int status, std::string_view body = "") { return judged(kind, status, body).ruling; }

}  // namespace

TEST_CASE("an HTTP receiver is judged by its status") {
  for (const Kind kind : {Kind::generic, Kind::slack, Kind::discord, Kind::teams, Kind::pagerduty}) {
    for (const int status : {200, 202, 204}) CHECK(ruling(kind, status) == Ruling::success);
    for (const int status : {408, 425, 429, 500, 503}) CHECK(ruling(kind, status) == Ruling::retry);
    for (const int status : {301, 302, 400, 415}) CHECK(ruling(kind, status) == Ruling::permanent);
    CHECK(ruling(kind, 410) == Ruling::endpoint_dead);
  }
  CHECK(judged(Kind::generic, 500, "secret").reason == "the endpoint answered 500");
  CHECK(judged(Kind::generic, 200).reason.empty());
}

TEST_CASE("Slack is judged by its word, whatever its status") {
  CHECK(ruling(Kind::slack, 200, "ok") == Ruling::success);
  CHECK(ruling(Kind::slack, 200, R"({"success":true})") == Ruling::success);
  CHECK(ruling(Kind::slack, 200, R"({"ok":true})") == Ruling::success);
  CHECK(ruling(Kind::slack, 200, R"({"ok":false,"error":"invalid_blocks"})") == Ruling::permanent);
  CHECK(ruling(Kind::slack, 200, R"({"success":false})") == Ruling::permanent);
  CHECK(ruling(Kind::slack, 200, "no_service") == Ruling::endpoint_dead);
  for (const char* word : {"action_prohibited", "posting_to_general_channel_denied", "invalid_token"})
    CHECK(ruling(Kind::slack, 403, word) == Ruling::endpoint_dead);
  for (const char* word :
       {"channel_not_found", "no_service\n", "no_service_id", "no_team", "team_disabled", "no_active_hooks"})
    CHECK(ruling(Kind::slack, 404, word) == Ruling::endpoint_dead);
  CHECK(ruling(Kind::slack, 410, "channel_is_archived") == Ruling::endpoint_dead);
  for (const char* word :
       {"invalid_payload", "no_text", "invalid_blocks", "too_many_attachments", "user_not_found"})
    CHECK(ruling(Kind::slack, 400, word) == Ruling::permanent);
  CHECK(ruling(Kind::slack, 500, "rollup_error") == Ruling::retry);
  const Verdict limited = judged(Kind::slack, 429, R"({"retry_after":1,"ok":false,"error":"rate_limited"})");
  CHECK(limited.ruling == Ruling::retry);
  CHECK(limited.wait == Millis{1000});
  CHECK(limited.reason == "the endpoint answered 429: rate_limited");
}

TEST_CASE("Discord says how long to wait in the body, and before a limit is hit in headers") {
  CHECK(ruling(Kind::discord, 200, R"({"id":"1"})") == Ruling::success);
  const Verdict limited =
      judged(Kind::discord, 429,
             R"({"message":"You are being rate limited.","retry_after":64.5713,"global":false})");
  CHECK(limited.ruling == Ruling::retry);
  CHECK(limited.wait == Millis{64'572});
  const Verdict last =
      judged(Kind::discord, 200, "{}", {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset-After", "1.25"}});
  CHECK(last.ruling == Ruling::success);
  CHECK(last.wait == Millis{1250});
  CHECK_FALSE(
      judged(Kind::discord, 200, "{}", {{"X-RateLimit-Remaining", "3"}, {"X-RateLimit-Reset-After", "1"}})
          .wait);
  for (const int status : {401, 403, 404}) CHECK(ruling(Kind::discord, status) == Ruling::endpoint_dead);
  CHECK(judged(Kind::discord, 400, R"({"message":"Invalid Form Body","code":50035})").reason ==
        "the endpoint answered 400: Invalid Form Body");
}

TEST_CASE("Teams may say 200 and mean failure") {
  const std::string head =
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ";
  CHECK(ruling(Kind::teams, 200, "1") == Ruling::success);
  CHECK(ruling(Kind::teams, 202, "") == Ruling::success);
  CHECK(ruling(Kind::teams, 200, head + "413 with ContextId x") == Ruling::permanent);
  CHECK(ruling(Kind::teams, 200, head + "429 with ContextId x") == Ruling::retry);
  CHECK(ruling(Kind::teams, 200, head + "502") == Ruling::retry);
  CHECK(ruling(Kind::teams, 200, "Webhook message delivery failed") == Ruling::retry);
}

TEST_CASE("PagerDuty says what is wrong with an event") {
  CHECK(ruling(Kind::pagerduty, 202, R"({"status":"success","message":"Event processed","dedup_key":"x"})") ==
        Ruling::success);
  const Verdict bad =
      judged(Kind::pagerduty, 400,
             R"({"status":"invalid event","message":"Event object is invalid","errors":["no summary"]})");
  CHECK(bad.ruling == Ruling::permanent);
  CHECK(bad.reason == "the endpoint answered 400: Event object is invalid; no summary");
  CHECK(ruling(Kind::pagerduty, 429) == Ruling::retry);
}

TEST_CASE("a mail server is judged by its reply code") {
  CHECK(ruling(Kind::email, 250) == Ruling::success);
  for (const int code : {0, 354, 421, 450, 451, 452}) CHECK(ruling(Kind::email, code) == Ruling::retry);
  for (const int code : {500, 550, 552, 554}) CHECK(ruling(Kind::email, code) == Ruling::permanent);
  for (const int code : {530, 534, 535, 538}) CHECK(ruling(Kind::email, code) == Ruling::endpoint_dead);
  CHECK(judged(Kind::email, 550, "RCPT failed: 550").reason ==
        "the mail server answered 550: RCPT failed: 550");
}

TEST_CASE("no answer breaks the judge, and its reason is one bounded line") {
  for (const Kind kind :
       {Kind::generic, Kind::slack, Kind::discord, Kind::teams, Kind::pagerduty, Kind::email})
    for (const std::string& body :
         {std::string{"\0\xff\n", 3}, std::string(4096, '['), std::string("{\"error\":1,\"message\":[]}"),
          std::string(4096, 'x'), std::string("null"), std::string("{\"retry_after\":1e300}")})
      for (const int status : {0, 200, 429, 500, 999}) {
        const Verdict verdict =
            judged(kind, status, body, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset-After", "nan"}});
        CHECK(verdict.reason.find('\n') == std::string::npos);
        CHECK(verdict.reason.size() <= 800);
        if (verdict.wait) CHECK(*verdict.wait <= std::chrono::hours{24});
      }
}
