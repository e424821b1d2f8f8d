#include "consumers/webhooks/retry.h"

#include <doctest/doctest.h>

#include "consumers/webhooks/sender.h"
#include "tests/unit/webhooks/events.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;

namespace {

Answer status(int code) { return {.status = code}; }

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

TEST_CASE("waits double, spread by a fifth, and end at a bound") {
  Endpoint endpoint = make_endpoint("e");
  endpoint.retry_delay = Millis{1000};
  CHECK(backoff(endpoint, 1, 0.5) == Millis{1000});
  CHECK(backoff(endpoint, 2, 0.5) == Millis{2000});
  CHECK(backoff(endpoint, 4, 0.5) == Millis{8000});
  CHECK(backoff(endpoint, 1, 0.0) == Millis{800});
  CHECK(backoff(endpoint, 1, 0.999) < Millis{1200});
  CHECK(backoff(endpoint, 100, 0.5) == wait_max);
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

TEST_CASE("the next try is never sooner than asked, and there is none after the last") {
  Endpoint endpoint = make_endpoint("e");
  endpoint.retry_delay = Millis{1000};
  endpoint.max_retries = 2;
  CHECK(next_try(endpoint, status(500), 1, noon, 0.5) == noon + Millis{1000});
  CHECK(next_try(endpoint, {.status = 429, .retry_after = "60"}, 1, noon, 0.5) == noon + Millis{60'000});
  CHECK(next_try(endpoint, {.status = 429, .retry_after = "0"}, 1, noon, 0.5) == noon + Millis{1000});
  CHECK(next_try(endpoint, status(500), 2, noon, 0.5) == noon + Millis{2000});
  CHECK_FALSE(next_try(endpoint, status(500), 3, noon, 0.5));
  CHECK_FALSE(next_try(endpoint, status(410), 1, noon, 0.5));
  CHECK_FALSE(next_try(endpoint, status(200), 1, noon, 0.5));
  endpoint.max_retries = 0;
  CHECK_FALSE(next_try(endpoint, status(500), 1, noon, 0.5));
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
