#include "consumers/webhooks/endpoints_file.h"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace godwit;
using namespace godwit::webhooks;

namespace {

Result<Endpoints> parse(const std::string& text) {
  auto root = service::parse_yaml(text);
  if (!root) return root.error();
  auto parsed = parse_endpoints(*root);
  if (!parsed) return parsed.error();
  Endpoints out;
  for (const Configured& each : *parsed) out.push_back(each.endpoint);
  return out;
}

std::string message(const std::string& text) {
  const auto parsed = parse(text);
  return parsed ? std::string{} : parsed.error().message;
}

}  // namespace

TEST_CASE("every key is read, and what is not given has its default") {
  setenv("GODWIT_TEST_HOOK", "T1/B2", 1);  // NOLINT(concurrency-mt-unsafe)
  const auto endpoints = parse(R"(
endpoints:
  - name: ops
    type: slack
    url: https://hooks.slack.com/services/${GODWIT_TEST_HOOK}
    on_error: true
    slack_channel: "#ops"
    max_retries: 0
    retry_delay: 0.5
    timeout: 2s
    allow_private: true
    active_from: 2026-11-21T10:00:00Z
  - name: signed
    type: generic
    url: https://hooks.example/x
    enabled: false
    secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
)");
  REQUIRE_MESSAGE(endpoints, endpoints.error().message);
  REQUIRE(endpoints->size() == 2);
  const Endpoint& ops = (*endpoints)[0];
  CHECK(ops.kind == Kind::slack);
  CHECK(ops.url == "https://hooks.slack.com/services/T1/B2");
  CHECK(ops.on_error);
  CHECK_FALSE(ops.on_start);
  CHECK(ops.retry.waits == std::vector<Millis>{Millis{0}});
  CHECK_FALSE(ops.retry.repeat_last);
  CHECK(ops.timeout == Millis{2000});
  CHECK(format_rfc3339(ops.active_from) == "2026-11-21T10:00:00.000Z");
  CHECK(ops.allow_private);
  const Endpoint& other = (*endpoints)[1];
  CHECK_FALSE(other.enabled);
  CHECK(other.secrets == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  CHECK(other.on_start);  // who chooses nothing is told everything
  CHECK(other.retry == RetryPlan{});
  CHECK(other.timeout == Millis{10'000});
  CHECK_FALSE(other.allow_private);
}

TEST_CASE("when to try again is told by a schedule, by a number of tries, or by an age") {
  const auto plan = [](const std::string& keys) {
    const auto endpoints = parse("- {name: a, type: generic, url: 'https://hooks.example/x', " + keys + "}");
    REQUIRE_MESSAGE(endpoints, endpoints.error().message);
    return endpoints->front().retry;
  };
  const auto ms = [](std::initializer_list<int> all) { return std::vector<Millis>(all.begin(), all.end()); };
  CHECK(plan("max_retries: 2, retry_delay: 5").waits == ms({0, 5000, 10'000}));
  CHECK(plan("max_retries: 2").waits == ms({0, 5000, 10'000}));
  CHECK(plan("retry_delay: 1").waits == ms({0, 1000, 2000, 4000}));
  CHECK_FALSE(plan("retry_delay: 1").repeat_last);
  CHECK(plan("retry_schedule: [0, 1s, 500ms]").waits == ms({0, 1000, 500}));
  CHECK_FALSE(plan("retry_schedule: [0, 1s]").repeat_last);
  CHECK(plan("retry_schedule: [0, 1s], max_age: 1h").repeat_last);
  CHECK(plan("retry_schedule: [0, 1s, 2s, 3s], max_retries: 1").waits == ms({0, 1000}));
  CHECK(plan("max_age: 48h").age_max == std::chrono::hours{48});
  CHECK(plan("max_age: 48h").waits == RetryPlan::default_waits());
  CHECK(message("- {name: a, type: generic, url: 'https://h.example', retry_schedule: [1]}") ==
        "line 1: 'retry_schedule' must begin with 0: the first try is made at once");
}

TEST_CASE("no endpoints are no error") {
  for (const char* text : {"", "endpoints:", "endpoints: []", "[]"}) {
    const auto endpoints = parse(text);
    REQUIRE(endpoints);
    CHECK(endpoints->empty());
  }
}

TEST_CASE("a mistake is told with its line and never with a secret") {
  const std::string head = "- name: a\n  type: generic\n  url: https://hooks.example/s3cret\n";
  CHECK(message(head + "  on_eror: true\n") == "line 4: an endpoint has no key 'on_eror'");
  CHECK(message(head + "  on_error: yes\n") == "line 4: 'on_error' must be true or false");
  CHECK(message(head + "  max_retries: 101\n") ==
        "line 4: 'max_retries' must be a whole number from 0 to 100");
  CHECK(message(head + "  timeout: 0\n") == "line 4: 'timeout' must be seconds from 0.001 to 60");
  CHECK(message(head + "  timeout: 5 days\n") == "line 4: 'timeout' must be seconds from 0.001 to 60");
  CHECK(message(head + "  timeout: [1]\n") == "line 4: 'timeout' needs one value");
  CHECK(message(head + "  active_from: today\n") == "line 4: 'active_from' must be an RFC 3339 time");
  CHECK(message(head + "  secret: whsec_s3cret\n").find("s3cret\"") == std::string::npos);
  CHECK(message(head + "  secret: whsec_s3cret\n").starts_with("line 4: 'secret' must be whsec_"));
  CHECK(message(head + head) == "line 4: there is already an endpoint 'a'");
  CHECK(message("- name: a\n  type: pager\n") ==
        "line 2: 'type' must be generic, slack, discord, teams, pagerduty or email");
  CHECK(message("- name: a b\n") == "line 1: 'name' must be 1 to 64 of letters, digits, '.', '_' and '-'");
  CHECK(message("- name: a\n  type: slack\n") == "line 1: the endpoint has no 'url'");
  CHECK(message("- name: a\n  url: ftp://s3cret\n") ==
        "line 2: 'url' must be an http, https, smtp or smtps URL");
  CHECK(message("- name: a\n  url: https://${GODWIT_TEST_NOT_SET}\n") ==
        "line 2: 'url': the environment variable GODWIT_TEST_NOT_SET is not set");
  CHECK(message("hooks: []") == "line 1: 'hooks' is no key here, only 'endpoints'");
  CHECK(message("endpoints: {a: b}") == "line 1: 'endpoints' must be a list");
  CHECK(message("- a") == "line 1: an endpoint is a map of keys to values");
}
