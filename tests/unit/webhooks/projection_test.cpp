#include "consumers/webhooks/projection.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/webhooks/events.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;
using event::Type;

namespace {

// One task's events against some endpoints.
struct Fold {
  explicit Fold(Endpoints endpoints) : webhooks{std::make_shared<const EndpointBook>(std::move(endpoints))} {}

  Webhooks::Outputs step(const event::Event& event) {
    Webhooks::Outputs out;
    if (!webhooks.key(event).empty()) webhooks.step(life, event, out);
    return out;
  }

  Webhooks webhooks;
  projection::TaskLife life;
};

Endpoint only(bool Endpoint::*occasion) {
  Endpoint out = make_endpoint("one");
  out.on_start = out.on_complete = out.on_error = out.on_warning = false;
  out.*occasion = true;
  return out;
}

}  // namespace

TEST_CASE("each event is told to those who asked for it, and no other event to anybody") {
  const std::pair<Type, bool Endpoint::*> table[] = {{Type::task_started, &Endpoint::on_start},
                                                     {Type::task_completed, &Endpoint::on_complete},
                                                     {Type::task_failed, &Endpoint::on_error},
                                                     {Type::warning_raised, &Endpoint::on_warning}};
  for (const auto& told : table) {
    for (const auto& asked : table) {
      Fold fold{{only(asked.second)}};
      CHECK(fold.step(make_event(told.first, "e1")).deliveries.size() == (told.first == asked.first ? 1 : 0));
    }
  }
  for (const auto& info : event::catalogue()) {
    const bool listed = std::any_of(std::begin(table), std::end(table),
                                    [&](const auto& each) { return each.first == info.type; });
    Fold fold{{make_endpoint("all")}};
    CHECK_MESSAGE(fold.step(make_event(info.type, "e1")).deliveries.size() == (listed ? 1 : 0), info.name);
  }
}

TEST_CASE("a delivery of a delivery's outcome would make the next, so there is none") {
  Fold fold{{make_endpoint("all")}};
  for (const Type type : {Type::delivery_failed, Type::delivery_exhausted, Type::delivery_succeeded,
                          Type::delivery_endpoint_disabled}) {
    auto outcome = make_event(type, "o1");
    outcome.data.delivery_id = "msg_x";
    outcome.data.endpoint = "all";
    CHECK(fold.step(outcome).deliveries.empty());
  }
}

TEST_CASE("a disabled endpoint is owed nothing, and a new one nothing of the past") {
  Endpoint disabled = make_endpoint("disabled");
  disabled.enabled = false;
  Endpoint later = make_endpoint("later");
  later.active_from = noon + Millis{1};
  Endpoint now = make_endpoint("now");
  now.active_from = noon;
  Fold fold{{disabled, later, now}};
  const auto out = fold.step(make_event(Type::task_started, "e1"));
  REQUIRE(out.deliveries.size() == 1);
  CHECK(out.deliveries[0].endpoint == "now");
}

TEST_CASE("a resent event, a second end and an old attempt tell nobody anything") {
  Fold fold{{make_endpoint("all")}};
  CHECK(fold.step(make_event(Type::task_started, "e1")).deliveries.size() == 1);
  CHECK(fold.step(make_event(Type::task_started, "e1")).deliveries.empty());
  CHECK(fold.step(make_event(Type::task_started, "e1-again")).deliveries.empty());
  CHECK(fold.step(make_event(Type::task_failed, "e2")).deliveries.size() == 1);
  CHECK(fold.step(make_event(Type::task_completed, "e3")).deliveries.empty());
  auto second = make_event(Type::task_started, "e4");
  second.data.attempt = 2;
  CHECK(fold.step(second).deliveries.size() == 1);
  CHECK(fold.step(make_event(Type::task_failed, "e5")).deliveries.empty());
}

TEST_CASE("a delivery holds all it takes to make it, and the duration is known from the start") {
  Fold fold{{make_endpoint("all")}};
  fold.step(make_event(Type::task_started, "e1"));
  auto end = make_event(Type::task_failed, "e2");
  end.time = noon + std::chrono::minutes{2};
  const auto out = fold.step(end);
  REQUIRE(out.deliveries.size() == 1);
  const Delivery& delivery = out.deliveries[0];
  CHECK(delivery.subject == "mig-1");
  CHECK(delivery.event_type == "io.godwit.task.failed.v1");
  CHECK(delivery.body.find(R"("duration":120000000000,"error":"the target is full")") != std::string::npos);
  CHECK(delivery.body.find(R"("message":"Migration of erp-db-01 failed")") != std::string::npos);
}
