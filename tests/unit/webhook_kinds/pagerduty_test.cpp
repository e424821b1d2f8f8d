#include <doctest/doctest.h>

#include "consumers/webhooks/text.h"
#include "tests/unit/webhook_kinds/notices.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::kinds;
using namespace godwit::webhooks::kinds::test;
using event::Type;

TEST_CASE("a failure opens an incident of its task") {
  Options options;
  options.dashboard_url = "https://godwit.example/{task_id}";
  event::Event event = failed_event();
  event.data.plan_id = "wave-7";
  event.data.error->code = "no_space";
  const auto body = parse(body_of(Kind::pagerduty, make_notice(event), options));
  CHECK(test::text_of(body, "event_action") == "trigger");
  CHECK(test::text_of(body, "dedup_key") == "migration/mig-1");
  CHECK(test::text_of(body, "client_url") == "https://godwit.example/mig-1");
  const auto& payload = body["payload"];
  CHECK(test::text_of(payload, "summary") == "Migration of erp-db-01 failed: the target is full");
  CHECK(test::text_of(payload, "source") == "erp-db-01");
  CHECK(test::text_of(payload, "severity") == "critical");
  CHECK(test::text_of(payload, "timestamp") == "2026-11-21T12:00:00.000Z");
  CHECK(test::text_of(payload, "component") == "vsphere");
  CHECK(test::text_of(payload, "group") == "wave-7");
  CHECK(test::text_of(payload, "class") == "no_space");
  CHECK(test::text_of(payload["custom_details"], "Duration") == "15m0s");
}

TEST_CASE("success, cancellation and removal of the same task end it") {
  for (const Type type : {Type::task_completed, Type::task_cancelled, Type::task_removed})
    CHECK(body_of(Kind::pagerduty, make_notice(make_event(type))) ==
          R"({"event_action":"resolve","dedup_key":"migration/mig-1"})");
}

TEST_CASE("what neither opens nor ends an incident is not sent") {
  for (const Type type :
       {Type::task_started, Type::task_queued, Type::stage_completed, Type::delivery_succeeded})
    CHECK_FALSE(render(Kind::pagerduty, {}, make_notice(make_event(type)), some_id));
}

TEST_CASE("the endpoint may set the severity of all its incidents") {
  Options options;
  options.pagerduty_severity = Severity::warning;
  CHECK(test::text_of(parse(body_of(Kind::pagerduty, make_notice(failed_event()), options))["payload"],
                      "severity") == "warning");
}

TEST_CASE("the routing key is in what is sent and not in what is kept") {
  Options options;
  options.routing_key = "0123456789abcdef0123456789ABCDEF";
  const std::string kept = body_of(Kind::pagerduty, make_notice(failed_event()), options);
  CHECK(kept.find(options.routing_key) == std::string::npos);
  const Message sent = make_message(Kind::pagerduty, options, kept);
  CHECK(test::text_of(parse(sent.body), "routing_key") == options.routing_key);
  CHECK(test::text_of(parse(sent.body), "event_action") == "trigger");
  CHECK(sent.content_type == "application/json");
}

TEST_CASE("whatever is said stays within PagerDuty's limits") {
  for (const std::string& text : hostile_texts()) {
    const std::string written = body_of(Kind::pagerduty, hostile_notice(text));
    CHECK(written.size() <= pagerduty_bytes_max);
    const auto body = parse(written);
    CHECK(units_of(test::text_of(body["payload"], "summary")) <= 1024);
    CHECK(units_of(test::text_of(body, "dedup_key")) <= 255);
    CHECK_FALSE(test::text_of(body["payload"], "source").empty());
  }
}
