#include <doctest/doctest.h>

#include "common/event/codec.h"
#include "consumers/webhooks/kinds/golden.h"
#include "tests/unit/webhook_kinds/notices.h"

using namespace godwit;
using namespace godwit::webhooks::kinds;
using namespace godwit::webhooks::kinds::test;

TEST_CASE("the generic body has the inherited keys, durations in nanoseconds") {
  CHECK(
      body_of(Kind::generic, make_notice(failed_event())) ==
      R"({"event_type":"error","task_id":"mig-1","vm_name":"erp-db-01","provider":"vsphere","status":"failed",)"
      R"("message":"Migration of erp-db-01 failed","timestamp":"2026-11-21T12:00:00.000Z","duration":900000000000,)"
      R"("error":"the target is full"})");
  event::Event started = make_event(event::Type::task_started);
  started.data.other.push_back({"metadata", R"({"wave":3})"});
  CHECK(
      body_of(Kind::generic, make_notice(started)) ==
      R"({"event_type":"start","task_id":"mig-1","vm_name":"erp-db-01","provider":"vsphere","status":"started",)"
      R"("message":"Migration of erp-db-01 started","timestamp":"2026-11-21T12:00:00.000Z","metadata":{"wave":3}})");
}

TEST_CASE("a duration beyond 64 bits of nanoseconds is told as the most they hold") {
  event::Event event = failed_event();
  for (const std::int64_t ms : {9'223'372'036'854, 9'223'372'036'855, 9'007'199'254'740'991}) {
    event.data.duration_ms = ms;
    CHECK(parse(body_of(Kind::generic, make_notice(event)))["duration"].GetInt64() ==
          9'223'372'036'854'000'000);
  }
}

TEST_CASE("a program gets names as they are, and no more of a text than it can use") {
  for (const std::string& text : hostile_texts()) {
    const std::string written = body_of(Kind::generic, hostile_notice(text));
    CHECK(written.size() < 300'000);
    CHECK(text_of(parse(written), "vm_name") == text);
  }
}

TEST_CASE("as CloudEvents the body is the event, every one of the catalogue") {
  Options options;
  options.format = Format::cloudevents;
  for (const event::Event& event : golden_events()) {
    const auto read = event::decode_structured(body_of(Kind::generic, make_notice(event), options));
    REQUIRE(read.ok());
    CHECK(*read == event);
  }
}

TEST_CASE("an event too big for a webhook goes without what matters least, and is still an event") {
  Options options;
  options.format = Format::cloudevents;
  event::Event event = failed_event();
  event.data.other.push_back({"blob", "\"" + repeat("x", 500'000) + "\""});
  const std::string written = body_of(Kind::generic, make_notice(event), options);
  CHECK(written.size() <= generic_bytes_max);
  const auto read = event::decode_structured(written);
  REQUIRE(read.ok());
  CHECK(read->data.error == event.data.error);
}
