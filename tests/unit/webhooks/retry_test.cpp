#include "consumers/webhooks/retry.h"

#include <doctest/doctest.h>

#include "consumers/webhooks/sender.h"
#include "tests/unit/webhooks/events.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;

namespace {

Answer status(int code) {
  return make_answer(Kind::generic, http::ClientResponse{.status = code, .headers = {}, .body = {}});
}

Answer busy(const std::string& retry_after) {
  return make_answer(
      Kind::generic,
      http::ClientResponse{.status = 429, .headers = {{"retry-after", retry_after}}, .body = {}});
}

}  // namespace

TEST_CASE("an answer is success, a reason to try again, or final") {
  for (const int code : {200, 201, 202, 204, 299}) CHECK(verdict_of(status(code)) == Verdict::succeeded);
  for (const int code : {408, 425, 429, 500, 501, 502, 503, 504, 599})
    CHECK(verdict_of(status(code)) == Verdict::again);
  for (const int code : {301, 302, 304, 307, 400, 401, 403, 404, 410, 413, 422})
    CHECK(verdict_of(status(code)) == Verdict::never);
  CHECK(verdict_of({.failure = transient_error("timeout")}) == Verdict::again);
  CHECK(verdict_of({.failure = invalid_error("private address")}) == Verdict::never);
}

TEST_CASE("a wait is spread over its whole length, and the last one comes again until the event is too old") {
  const RetryPlan usual;
  CHECK(wait_after(usual, 1, 0.0) == Millis{0});
  CHECK(wait_after(usual, 1, 0.5) == Millis{2500});
  CHECK(wait_after(usual, 2, 0.5) == Millis{15'000});
  CHECK(wait_after(usual, 10, 0.5) == std::chrono::hours{10});
  CHECK(wait_after(usual, 100, 0.5) == std::chrono::hours{10});
  const RetryPlan doubling = RetryPlan::doubling(Millis{1000}, 3);
  CHECK(wait_after(doubling, 3, 0.5) == Millis{2000});
  CHECK_FALSE(wait_after(doubling, 4, 0.5));
}

TEST_CASE("an endpoint that is away for two days gets what happened meanwhile, however the waits fall") {
  const RetryPlan usual;
  for (const double chance : {0.01, 0.3, 0.7, 0.999}) {
    Timestamp at = noon;
    std::int64_t number = 1;
    while (at - noon < std::chrono::hours{48}) {
      const auto next =
          next_try(usual, status(503), {.number = number++, .event_time = noon, .now = at}, chance);
      REQUIRE_MESSAGE(next, "given up after " << number << " tries");
      at = std::max(*next, at + Millis{1});
    }
  }
}

TEST_CASE("an endpoint says in seconds or by date how long to wait") {
  CHECK(parse_retry_after("120", noon) == Millis{120'000});
  CHECK(parse_retry_after("0.25", noon) == Millis{250});
  CHECK(parse_retry_after("Sat, 21 Nov 2026 12:00:30 GMT", noon) == Millis{30'000});
  CHECK(parse_retry_after("Sat, 21 Nov 2026 11:00:30 GMT", noon) == Millis{0});
  CHECK(parse_retry_after("99999999999", noon) == wait_max);
  for (const char* wrong :
       {"", "soon", "-1", "nan", "12 s", "Sat, 21 Nux 2026 12:00:30 GMT", "Sat, 31 Feb 2026 12:00:30 GMT"})
    CHECK_FALSE(parse_retry_after(wrong, noon));
}

TEST_CASE("an endpoint may ask for a pause by header or in the way of its kind, and the longer one counts") {
  const auto pause = [](Kind kind, http::ClientResponse response) {
    return asked_pause(make_answer(kind, std::move(response)), noon);
  };
  CHECK(pause(Kind::discord, {.status = 429, .headers = {}, .body = R"({"retry_after":1.5})"}) ==
        Millis{1500});
  CHECK(pause(Kind::discord,
              {.status = 429, .headers = {{"retry-after", "3"}}, .body = R"({"retry_after":1.5})"}) ==
        Millis{3000});
  CHECK(pause(Kind::discord, {.status = 200,
                              .headers = {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset-after", "0.4"}},
                              .body = {}}) == Millis{400});
  CHECK(pause(Kind::generic, {.status = 503, .headers = {{"retry-after", "9"}}, .body = {}}) == Millis{9000});
  CHECK_FALSE(pause(Kind::generic, {.status = 500, .headers = {}, .body = R"({"retry_after":9})"}));
}

TEST_CASE("the next try is never sooner than asked, and there is none after the last") {
  const RetryPlan plan = RetryPlan::doubling(Millis{1000}, 2);
  const auto next = [&](const Answer& answer, std::int64_t number) {
    return next_try(plan, answer, {.number = number, .event_time = noon, .now = noon}, 0.5);
  };
  CHECK(next(status(500), 1) == noon + Millis{500});
  CHECK(next(busy("60"), 1) == noon + Millis{60'000});
  CHECK(next(busy("0"), 1) == noon + Millis{500});
  CHECK(next(status(500), 2) == noon + Millis{1000});
  CHECK_FALSE(next(status(500), 3));
  CHECK_FALSE(next(status(410), 1));
  CHECK_FALSE(next(status(200), 1));
  const Tried late{.number = 1, .event_time = noon - std::chrono::hours{73}, .now = noon};
  CHECK_FALSE(next_try(RetryPlan{}, status(500), late, 0.5));
}

TEST_CASE("a request carries id, time and signature, and Discord is asked to answer") {
  Endpoint endpoint = make_endpoint("g", "https://hooks.example/x?a=b", Kind::discord);
  endpoint.secrets = "whsec_b6Ovv5eS7H5seJrGSStBYDivs8v2/KrFjfMaVZYsi7w=";
  endpoint.timeout = Millis{2000};
  endpoint.allow_private = false;
  const Claimed claimed{.delivery_id = "msg_1", .endpoint = "g", .body = "{}"};
  const auto request = make_request(endpoint, claimed, noon);
  CHECK(request.url == "https://hooks.example/x?a=b&wait=true");
  CHECK(request.method == "POST");
  CHECK(request.body == "{}");
  CHECK(request.public_only);
  CHECK(request.total_timeout == Millis{2000});
  CHECK(request.headers.size() == 5);
  CHECK(request.headers[2] == std::pair<std::string, std::string>{"webhook-id", "msg_1"});
  CHECK(request.headers[3] == std::pair<std::string, std::string>{"webhook-timestamp", "1795262400"});
  CHECK(request.headers[4].second.starts_with("v1,"));
}
