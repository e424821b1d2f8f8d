#include "consumers/webhooks/dispatcher.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "consumers/webhooks/signing.h"
#include "tests/unit/webhooks/stage.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;
using event::Type;

namespace {

std::vector<std::string> outcomes(Stage& stage, const std::string& endpoint) {
  std::vector<std::string> out;
  for (const event::Event& event : stage.told())
    if (event.data.endpoint == endpoint) out.push_back(event.type_name);
  return out;
}

constexpr const char* failed = "io.godwit.delivery.failed.v1";
constexpr const char* exhausted = "io.godwit.delivery.exhausted.v1";
constexpr const char* succeeded = "io.godwit.delivery.succeeded.v1";

}  // namespace

TEST_CASE("a delivery is made once, signed, and its success is in the log") {
  Receiver receiver;
  Endpoint endpoint = make_endpoint("ops", receiver.url("/ops"));
  endpoint.secrets = "whsec_b6Ovv5eS7H5seJrGSStBYDivs8v2/KrFjfMaVZYsi7w=";
  Stage stage{{endpoint}};
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] { return outcomes(stage, "ops").size() == 1; }));
  const auto received = receiver.received("/ops");
  REQUIRE(received.size() == 1);
  CHECK(received[0].id == make_delivery_id("/workers/w1", "e1", "ops"));
  CHECK(received[0].signature == sign(endpoint.secrets, received[0].id, noon, received[0].body));
  CHECK(received[0].body.find(R"("event_type":"start")") != std::string::npos);
  const auto told = stage.told();
  CHECK(told[0].type_name == succeeded);
  CHECK(told[0].subject == "mig-1");
  CHECK(told[0].data.status_code == 200);
  CHECK(told[0].data.try_number == 1);
  CHECK(stage.settle([&] { return stage.status("ops") == "succeeded"; }));
}

TEST_CASE("a failed try is made again when its time has come, with the same id and body") {
  Receiver receiver;
  receiver.script("/ops", {{.status = 500}, {.status = 503}});
  Endpoint endpoint = make_endpoint("ops", receiver.url("/ops"));
  endpoint.retry = RetryPlan::doubling(Millis{60'000}, 3);
  Stage stage{{endpoint}};
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] { return stage.status("ops") == "retrying"; }));
  stage.advance(Millis{29'000});  // 30 s is half of the first wait
  stage.restart();
  CHECK(receiver.count("/ops") == 1);
  stage.advance(Millis{2'000});
  REQUIRE(stage.settle([&] { return outcomes(stage, "ops").size() == 2; }));
  stage.advance(Millis{61'000});
  REQUIRE(stage.settle([&] { return outcomes(stage, "ops").size() == 3; }));
  CHECK(outcomes(stage, "ops") == std::vector<std::string>{failed, failed, succeeded});
  const auto received = receiver.received("/ops");
  REQUIRE(received.size() == 3);
  for (const Received& each : received) {
    CHECK(each.id == received[0].id);
    CHECK(each.body == received[0].body);
  }
  CHECK(received[2].timestamp > received[0].timestamp);
}

TEST_CASE("after the last try, after 410 and after a redirect nothing is sent any more") {
  Receiver receiver;
  receiver.script("/last", {{.status = 500}, {.status = 500}, {.status = 500}});
  receiver.script("/gone", {{.status = 410}});
  receiver.script("/moved", {{.status = 302, .headers = {{"Location", receiver.url("/elsewhere")}}}});
  Endpoint last = make_endpoint("last", receiver.url("/last"));
  last.retry = RetryPlan::doubling(Millis{1000}, 1);
  Stage stage{
      {last, make_endpoint("gone", receiver.url("/gone")), make_endpoint("moved", receiver.url("/moved"))}};
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] {
    stage.advance(Millis{100});
    return stage.told().size() == 4;
  }));
  CHECK(outcomes(stage, "last") == std::vector<std::string>{failed, exhausted});
  CHECK(outcomes(stage, "gone") == std::vector<std::string>{exhausted});
  CHECK(outcomes(stage, "moved") == std::vector<std::string>{exhausted});
  stage.advance(std::chrono::hours{24});
  stage.restart();
  stage.emit(make_event(Type::task_completed, "e2"));
  REQUIRE(stage.settle([&] { return receiver.count("/moved") == 2; }));
  CHECK(receiver.count("/gone") == 1);  // who is gone is told nothing more at all
  CHECK(receiver.count("/elsewhere") == 0);
}

TEST_CASE("an endpoint that asks for a pause gets it for everything it is owed") {
  Receiver receiver;
  receiver.script("/ops", {{.status = 429, .headers = {{"Retry-After", "120"}}}});
  Endpoint endpoint = make_endpoint("ops", receiver.url("/ops"));
  endpoint.retry = RetryPlan::doubling(Millis{10}, 3);
  Stage stage{{endpoint}};
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] { return stage.told().size() == 1; }));
  CHECK(*parse_rfc3339(*stage.told()[0].data.next_try_at) >= noon + Millis{120'000});
  stage.emit(make_event(Type::warning_raised, "e2"));
  stage.fold();
  stage.advance(Millis{119'000});
  stage.fold();
  CHECK(receiver.count("/ops") == 1);
  stage.advance(Millis{2'000});
  CHECK(stage.settle([&] { return receiver.count("/ops") == 3; }));
}

TEST_CASE("an endpoint that hangs is given up in time and delays no other") {
  Receiver receiver;
  receiver.script("/dead", std::vector<Receiver::Reply>(20, {.hang = true}));
  Endpoint dead = make_endpoint("dead", receiver.url("/dead"));
  dead.timeout = Millis{300};
  dead.retry = RetryPlan::doubling(Millis{0}, 0);
  Stage stage{{dead, make_endpoint("live", receiver.url("/live"))}};
  for (int i = 0; i < 10; ++i)
    stage.emit(make_event(Type::task_started, fmt::format("e{}", i), fmt::format("mig-{}", i)));
  REQUIRE(stage.settle([&] { return receiver.count("/live") == 10; }));
  CHECK(receiver.count("/dead") <= 4);
  REQUIRE(stage.settle([&] { return outcomes(stage, "dead").size() >= 4; }));
  CHECK(outcomes(stage, "dead")[0] == exhausted);
  CHECK(stage.settle([&] {
    stage.advance(Millis{1'000});  // it is spared most tries by now
    return receiver.count("/dead") == 10;
  }));
}

TEST_CASE("what was sent when the process ended is sent again, same id and body") {
  Receiver receiver;
  receiver.script("/ops", {{.hang = true}});
  Endpoint endpoint = make_endpoint("ops", receiver.url("/ops"));
  Stage stage{{endpoint}, {.flights_end = Millis{0}}};
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] { return receiver.count("/ops") == 1; }));
  stage.restart();  // the request is out, its answer never written down
  REQUIRE(stage.settle([&] { return outcomes(stage, "ops").size() == 1; }));
  const auto received = receiver.received("/ops");
  REQUIRE(received.size() == 2);
  CHECK(received[1].id == received[0].id);
  CHECK(received[1].body == received[0].body);
  CHECK(stage.told()[0].data.try_number == 2);
}

TEST_CASE("a rebuild from the log on an empty disk sends only what is still owed") {
  Receiver receiver;
  receiver.script("/ops", {{.status = 200}, {.status = 500}});
  Endpoint endpoint = make_endpoint("ops", receiver.url("/ops"));
  endpoint.retry = RetryPlan::doubling(Millis{60'000}, 3);
  Stage stage{{endpoint}};
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] { return stage.told().size() == 1; }));
  stage.emit(make_event(Type::task_failed, "e2"));
  REQUIRE(stage.settle([&] { return stage.told().size() == 2; }));
  stage.stop();
  stage.lose_disk();
  stage.start();
  stage.advance(Millis{80'000});
  REQUIRE(stage.settle([&] { return stage.told().size() == 3; }));
  CHECK(outcomes(stage, "ops") == std::vector<std::string>{succeeded, failed, succeeded});
  CHECK(stage.told()[2].data.try_number == 2);
  CHECK(receiver.count("/ops") == 3);
}

TEST_CASE("outcomes the log did not take are told after the next start") {
  Receiver receiver;
  Stage stage{{make_endpoint("ops", receiver.url("/ops"))}};
  stage.outgoing.break_off();
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] { return stage.status("ops") == "succeeded"; }));
  stage.stop();
  CHECK(stage.told().empty());
  stage.outgoing.mend();
  stage.start();
  REQUIRE(stage.settle([&] { return stage.told().size() == 1; }));
  CHECK(receiver.count("/ops") == 1);
}

TEST_CASE("a private address is refused unless the endpoint may use it") {
  Receiver receiver;
  Endpoint endpoint = make_endpoint("ops", receiver.url("/ops"));
  endpoint.allow_private = false;
  Stage stage{{endpoint}};
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] { return stage.told().size() == 1; }));
  CHECK(outcomes(stage, "ops") == std::vector<std::string>{exhausted});
  CHECK(stage.told()[0].data.error->message.find("/ops") == std::string::npos);
  CHECK(receiver.count("/ops") == 0);
}

TEST_CASE("an ordered endpoint gets a task's events one after the other, and other tasks go on meanwhile") {
  Receiver receiver;
  receiver.script("/ops", {{.status = 500}});
  Endpoint endpoint = make_endpoint("ops", receiver.url("/ops"));
  endpoint.ordered = true;
  endpoint.retry = RetryPlan::doubling(Millis{60'000}, 3);
  Stage stage{{endpoint}};
  stage.emit(make_event(Type::task_started, "e1", "mig-1"));
  REQUIRE(stage.settle([&] { return stage.told().size() == 1; }));
  stage.emit(make_event(Type::warning_raised, "e2", "mig-1"));
  stage.emit(make_event(Type::task_completed, "e3", "mig-1"));
  stage.emit(make_event(Type::task_started, "e4", "mig-2"));
  REQUIRE(stage.settle([&] { return receiver.count("/ops") == 2; }));
  stage.restart();
  stage.fold();
  CHECK(receiver.received("/ops")[1].id == make_delivery_id("/workers/w1", "e4", "ops"));
  stage.advance(Millis{31'000});
  REQUIRE(stage.settle([&] { return receiver.count("/ops") == 5; }));
  const auto received = receiver.received("/ops");
  for (const int i : {1, 2, 3})
    CHECK(received[static_cast<std::size_t>(i) + 1].id ==
          make_delivery_id("/workers/w1", fmt::format("e{}", i), "ops"));
}

TEST_CASE("one endpoint of a hundred that hangs delays none of the others") {
  Receiver receiver;
  receiver.script("/e0", std::vector<Receiver::Reply>(4, {.hang = true}));
  Endpoints endpoints;
  for (int i = 0; i < 100; ++i)
    endpoints.push_back(make_endpoint(fmt::format("e{}", i), receiver.url(fmt::format("/e{}", i))));
  endpoints[0].timeout = Millis{60'000};
  Stage stage{endpoints, {.in_flight_max = 16}};
  for (int i = 0; i < 10; ++i)
    stage.emit(make_event(Type::task_started, fmt::format("e{}", i), fmt::format("mig-{}", i)));
  REQUIRE(stage.settle([&] {
    std::size_t all = 0;
    for (int i = 1; i < 100; ++i) all += receiver.count(fmt::format("/e{}", i));
    return all == 990;
  }));
  CHECK(receiver.count("/e0") == 4);
}

TEST_CASE("ten refusals in a row disable an endpoint; what it is owed waits until it is enabled again") {
  Receiver receiver;
  receiver.script("/ops", std::vector<Receiver::Reply>(13, {.status = 403}));
  Stage stage{{make_endpoint("ops", receiver.url("/ops"))}};
  for (int i = 0; i < 30; ++i)
    stage.emit(make_event(Type::task_started, fmt::format("e{}", i), fmt::format("mig-{}", i)));
  REQUIRE(stage.settle([&] { return !stage.endpoints()->now()->front().enabled; }));
  REQUIRE(stage.settle([&] { return stage.told().size() == receiver.count("/ops"); }));
  const std::size_t sent = receiver.count("/ops");
  CHECK(sent < 30);
  stage.restart();
  stage.advance(std::chrono::hours{1});
  stage.fold();
  CHECK(receiver.count("/ops") == sent);
  Endpoints again = *stage.endpoints()->now();
  again.front().enabled = true;
  stage.endpoints()->set(again);
  CHECK(stage.settle([&] { return receiver.count("/ops") == 30; }));
}

TEST_CASE("a rate holds at the endpoint, whatever is owed") {
  Receiver receiver;
  Endpoint endpoint = make_endpoint("ops", receiver.url("/ops"));
  endpoint.rate_per_second = 2;
  endpoint.concurrency = 64;
  Stage stage{{endpoint}};
  for (int i = 0; i < 8; ++i)
    stage.emit(make_event(Type::task_started, fmt::format("e{}", i), fmt::format("mig-{}", i)));
  REQUIRE(stage.settle([&] { return stage.told().size() == 1; }));
  CHECK(receiver.count("/ops") == 1);
  stage.advance(Millis{1000});
  REQUIRE(stage.settle([&] { return stage.told().size() == 3; }));
  CHECK(receiver.count("/ops") == 3);
  stage.advance(Millis{1000});
  REQUIRE(stage.settle([&] { return stage.told().size() == 5; }));
  CHECK(receiver.count("/ops") == 5);
}
