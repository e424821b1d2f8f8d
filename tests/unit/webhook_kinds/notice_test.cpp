#include "consumers/webhooks/kinds/notice.h"

#include <doctest/doctest.h>

#include <map>

#include "consumers/webhooks/kinds/golden.h"
#include "consumers/webhooks/text.h"
#include "tests/unit/webhook_kinds/notices.h"

using namespace godwit;
using namespace godwit::webhooks::kinds;
using namespace godwit::webhooks::kinds::test;
using event::Type;

TEST_CASE("the examples inside the program are of every type of the catalogue") {
  std::map<Type, int> seen;
  for (const event::Event& event : golden_events()) ++seen[event.type];
  for (const event::TypeInfo& info : event::catalogue()) CHECK_MESSAGE(seen[info.type] >= 2, info.name);
}

TEST_CASE("every event of the catalogue has a headline, words and a key of its own") {
  for (const event::Event& event : golden_events()) {
    const Notice notice = make_notice(event);
    for (const std::string& text :
         {notice.headline, notice.event_word, notice.status_word, notice.message, notice.incident_key}) {
      CHECK_MESSAGE(!webhooks::is_blank(text), event.type_name);
      CHECK(text.find('_') == (text == notice.headline ? std::string::npos : text.find('_')));
    }
  }
}

TEST_CASE("headlines say what happened to whom") {
  const auto headline = [](Type type, auto change) {
    event::Event event = make_event(type);
    change(event);
    return make_notice(event).headline;
  };
  const auto nothing = [](event::Event&) {};
  CHECK(headline(Type::task_failed, nothing) == "Migration of erp-db-01 failed");
  CHECK(headline(Type::warning_raised, nothing) == "Migration of erp-db-01 raised a warning");
  CHECK(headline(Type::stage_failed, [](auto& event) { event.data.stage = "export"; }) ==
        "Migration of erp-db-01: stage export failed");
  CHECK(headline(Type::plan_completed, [](auto& event) { event.data.plan_name = "Wave 7"; }) ==
        "Plan Wave 7 completed");
  CHECK(headline(Type::worker_lost, [](auto& event) { event.data.host = "mover-3"; }) ==
        "Worker mover-3 lost");
  CHECK(headline(Type::alert_fired, [](auto& event) { event.data.alert = "Stalled"; }) ==
        "Alert Stalled fired");
  CHECK(headline(Type::delivery_endpoint_disabled, [](auto& event) { event.data.endpoint = "ops"; }) ==
        "Endpoint ops disabled");
}

TEST_CASE("failures matter most, then warnings") {
  CHECK(severity_of(make_event(Type::task_failed)) == Severity::critical);
  CHECK(severity_of(make_event(Type::stage_failed)) == Severity::error);
  CHECK(severity_of(make_event(Type::warning_raised)) == Severity::warning);
  CHECK(severity_of(make_event(Type::task_completed)) == Severity::info);
  event::Event alert = make_event(Type::alert_fired);
  alert.data.severity = "warning";
  CHECK(severity_of(alert) == Severity::warning);
  alert.data.severity = "sev1";
  CHECK(severity_of(alert) == Severity::error);
}

TEST_CASE("an end that does not say how long it took is measured from the attempt's beginning") {
  event::Event event = make_event(Type::task_failed);
  CHECK_FALSE(make_notice(event).duration);
  CHECK(make_notice(event, noon - Millis{5000}).duration == Millis{5000});
  CHECK_FALSE(make_notice(event, noon + Millis{5000}).duration);
  event.data.duration_ms = 7;
  CHECK(make_notice(event, noon - Millis{5000}).duration == Millis{7});
}
