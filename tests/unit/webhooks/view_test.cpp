#include "consumers/webhooks/view.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/json/fields.h"
#include "tests/unit/webhooks/stage.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;
using event::Type;

namespace {

struct Asked {
  int status = 0;
  std::string body;
  rapidjson::Document json;
};

// The view of a stage; its own dispatcher is never started.
class Views {
 public:
  explicit Views(Stage& stage) : view_(context_of(stage), settings_of(stage)) { view_.routes(router_); }

  Asked get(const std::string& target) { return ask("GET", target); }
  Asked ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    auto request = http::make_request(method, target);
    GODWIT_CHECK(request.ok(), "no request");
    request->body = body;
    const auto response = router_.handle(std::move(*request));
    Asked out{response.status, response.body, {}};
    out.json.Parse<json::parse_flags>(out.body.data(), out.body.size());
    return out;
  }
  std::string metrics() {
    metrics::Exposition page;
    view_.append_metrics(page);
    return page.text();
  }
  void start() { view_.start(); }
  void stop() { view_.stop(); }

  Outgoing published;  // apart from what the stage tells

 private:
  service::ViewContext context_of(Stage& stage) {
    const service::ViewContext its = stage.context();
    return {its.readers, published, its.clock, its.peers, its.store_directory, its.folded};
  }
  static Settings settings_of(Stage& stage) {
    Settings settings;
    settings.key = ConfigKey{std::string(32, 'k')};
    settings.file.emplace();
    for (const Endpoint& each : *stage.endpoints()->now())
      settings.file->push_back({{{"name", each.name},
                                 {"type", std::string{to_string(each.kind)}},
                                 {"url", each.url},
                                 {"allow_private", "true"}},
                                each});
    return settings;
  }
  WebhooksView view_;
  http::Router router_;
};

}  // namespace

TEST_CASE("deliveries are listed newest first, page by page, by filter") {
  Receiver receiver;
  receiver.script("/bad", {{.status = 404}, {.status = 404}, {.status = 404}});
  Stage stage{{make_endpoint("good", receiver.url("/good")), make_endpoint("bad", receiver.url("/bad"))}};
  for (int i = 0; i < 3; ++i) {
    auto event = make_event(Type::task_started, fmt::format("e{}", i), fmt::format("mig-{}", i));
    event.time = noon + Millis{i};
    stage.emit(event);
  }
  REQUIRE(stage.settle([&] { return stage.told().size() == 6; }));
  stage.fold();
  Views views{stage};
  CHECK(views.get("/api/v1/deliveries").json["count"].GetInt() == 6);
  CHECK(views.get("/api/v1/deliveries?status=succeeded").json["count"].GetInt() == 3);
  CHECK(views.get("/api/v1/deliveries?endpoint=bad&status=exhausted").json["count"].GetInt() == 3);
  CHECK(views.get("/api/v1/deliveries?task_id=mig-1").json["count"].GetInt() == 2);
  CHECK(views.get("/api/v1/deliveries?task_id=mig-9").body ==
        R"({"deliveries":[],"count":0,"next_cursor":null,"partial":false})");
  const auto first = views.get("/api/v1/deliveries?limit=4");
  CHECK(json::Object{first.json["deliveries"][0]}.text("task_id") == "mig-2");
  const auto second =
      views.get("/api/v1/deliveries?limit=4&cursor=" + *json::Object{first.json}.text("next_cursor"));
  CHECK(second.json["count"].GetInt() == 2);
  CHECK(second.json["next_cursor"].IsNull());
  CHECK(json::Object{second.json["deliveries"][1]}.text("task_id") == "mig-0");
  const auto page = views.metrics();
  CHECK(page.find("godwit_webhook_deliveries_total{endpoint=\"bad\",outcome=\"exhausted\"} 3") !=
        std::string::npos);
  CHECK(page.find("godwit_webhook_queue_depth{endpoint=\"good\"} 0") != std::string::npos);
}

TEST_CASE("one delivery shows its payload and every try, and no URL") {
  Receiver receiver;
  receiver.script("/s3cret", {{.status = 500}});
  Endpoint endpoint = make_endpoint("ops", receiver.url("/s3cret"));
  endpoint.retry = RetryPlan::doubling(Millis{0}, 3);
  Stage stage{{endpoint}};
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] {
    stage.advance(Millis{10});
    return stage.told().size() == 2;
  }));
  Views views{stage};
  const auto one = views.get("/api/v1/deliveries/" + *stage.told()[0].data.delivery_id);
  REQUIRE(one.status == 200);
  CHECK(json::Object{one.json}.text("status") == "succeeded");
  CHECK(json::Object{one.json["payload"]}.text("event_type") == "start");
  REQUIRE(one.json["attempts"].Size() == 2);
  CHECK(json::Object{one.json["attempts"][0]}.text("outcome") == "failed");
  CHECK(json::Object{one.json["attempts"][0]}.text("answer") == "said so");
  CHECK(json::Object{one.json["attempts"][1]}.integer("status_code") == 200);
  CHECK(one.body.find("s3cret") == std::string::npos);
  const auto endpoints = views.get("/api/v1/endpoints");
  CHECK(endpoints.body.find("s3cret") == std::string::npos);
  CHECK(json::Object{endpoints.json["endpoints"][0]}.text("url") == receiver.url(""));
}

TEST_CASE("a wrong parameter is named, an unknown delivery is 404") {
  Stage stage{{}};
  Views views{stage};
  for (const char* parameter : {"status=odd", "limit=0", "limit=x", "cursor=x", "cursor=1.", "colour=red"}) {
    const auto answer = views.get(std::string{"/api/v1/deliveries?"} + parameter);
    CHECK(answer.status == 400);
    const std::string_view name{parameter};
    CHECK(json::Object{answer.json}.text("parameter") == std::string{name.substr(0, name.find('='))});
  }
  CHECK(views.get("/api/v1/deliveries/msg_none").status == 404);
  CHECK(views.get("/api/v1/endpoints").body == R"({"endpoints":[],"count":0,"partial":false})");
}

TEST_CASE("endpoints are made, shown, changed and removed over HTTP, and never with a secret") {
  Stage stage{{}};
  Views views{stage};
  const auto made = views.ask("POST", "/api/v1/endpoints",
                              R"({"name":"ops","type":"generic","url":"https://hooks.example/s3cret",)"
                              R"("secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw","rate":5,)"
                              R"("events":["task.*"],"retry_schedule":[0,"5s"]})");
  REQUIRE_MESSAGE(made.status == 201, made.body);
  CHECK(made.body.find("s3cret") == std::string::npos);
  CHECK(made.body.find("whsec") == std::string::npos);
  CHECK(json::Object{made.json}.text("url") == "https://hooks.example");
  CHECK(json::Object{made.json}.flag("signed"));
  CHECK(json::Object{made.json}.number("rate") == 5);
  CHECK(made.json["events"][0] == "task.*");
  CHECK(views.ask("POST", "/api/v1/endpoints", R"({"name":"ops","type":"generic","url":"https://a.example"})")
            .status == 409);
  const auto changed = views.ask("PUT", "/api/v1/endpoints/ops", R"({"type":"slack","on_error":true})");
  REQUIRE_MESSAGE(changed.status == 200, changed.body);
  CHECK(json::Object{changed.json}.text("type") == "slack");
  CHECK(json::Object{changed.json}.text("url") == "https://hooks.example");  // not given: it stays
  for (const char* wrong :
       {R"({"name":"b","type":"generic"})", R"({"name":"b","type":"generic","url":"${HOME}"})", "[]", "{",
        R"({"name":"b","type":"generic","url":"https://a.example","colour":"red"})"})
    CHECK(views.ask("POST", "/api/v1/endpoints", wrong).status == 400);
  CHECK(views.get("/api/v1/endpoints").json["count"].GetInt() == 1);
  CHECK(views.ask("DELETE", "/api/v1/endpoints/ops").status == 204);
  CHECK(views.get("/api/v1/endpoints/ops").status == 404);
  std::vector<std::string> told;
  for (const stream::OutRecord& record : views.published.take()) {
    CHECK(record.value.value_or("").find("s3cret") == std::string::npos);
    told.push_back(record.topic);
  }
  CHECK(told == std::vector<std::string>{"godwit.config", "platform.activity", "godwit.config",
                                         "platform.activity", "godwit.config", "platform.activity"});
}

TEST_CASE("what comes from a file is changed in the file alone") {
  Stage stage{{make_endpoint("ops")}};
  Views views{stage};
  CHECK(views.ask("PUT", "/api/v1/endpoints/ops", R"({"type":"generic","url":"https://a.example"})").status ==
        409);
  CHECK(views.ask("DELETE", "/api/v1/endpoints/ops").status == 409);
  CHECK(views.ask("DELETE", "/api/v1/endpoints/none").status == 404);
}

TEST_CASE("a dead letter is sent again when somebody asks, one by one or all of a time, under its id") {
  Receiver receiver;
  receiver.script("/ops", std::vector<Receiver::Reply>(3, {.status = 404}));
  Stage stage{{make_endpoint("ops", receiver.url("/ops"))}};
  for (int i = 0; i < 3; ++i)
    stage.emit(make_event(Type::task_started, fmt::format("e{}", i), fmt::format("mig-{}", i)));
  REQUIRE(stage.settle([&] { return stage.told().size() == 3; }));
  stage.fold();
  Views views{stage};
  CHECK(views.get("/api/v1/dead-letters").json["count"].GetInt() == 3);
  CHECK(views.get("/api/v1/dead-letters?from=2026-11-22T00:00:00Z").json["count"].GetInt() == 0);
  CHECK(views.get("/api/v1/dead-letters?to=2026-11-22T00:00:00Z").json["count"].GetInt() == 3);
  const std::string first = *stage.told()[0].data.delivery_id;
  CHECK(views.ask("POST", "/api/v1/deliveries/" + first + "/retry").status == 202);
  CHECK(views.ask("POST", "/api/v1/deliveries/msg_none/retry").status == 404);
  stage.restart();  // it is remembered
  REQUIRE(stage.settle([&] { return stage.told().size() == 4; }));
  CHECK(receiver.received("/ops")[3].id == first);
  CHECK(stage.told()[3].data.try_number == 2);
  Views again{stage};
  CHECK(again.get("/api/v1/dead-letters").json["count"].GetInt() == 2);
  CHECK(again.ask("POST", "/api/v1/endpoints/ops/replay").status == 400);
  const auto replayed = again.ask(
      "POST",
      "/api/v1/endpoints/ops/replay?from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z&status=exhausted");
  REQUIRE_MESSAGE(replayed.status == 202, replayed.body);
  CHECK(json::Object{replayed.json}.integer("deliveries") == 2);
  stage.restart();
  REQUIRE(stage.settle([&] { return stage.told().size() == 6; }));
  Views last{stage};
  CHECK(last.get("/api/v1/dead-letters").json["count"].GetInt() == 0);
  const auto all =
      last.ask("POST", "/api/v1/endpoints/ops/replay?from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z");
  CHECK(json::Object{all.json}.integer("deliveries") == 3);
  stage.restart();
  CHECK(stage.settle([&] { return receiver.count("/ops") == 9; }));
}

TEST_CASE("an endpoint is tried out with a message that is kept nowhere") {
  Receiver receiver;
  receiver.script("/ops", {{.status = 200}, {.status = 500}});
  Stage stage{{make_endpoint("ops", receiver.url("/ops"))}};
  Views views{stage};
  CHECK(views.ask("POST", "/api/v1/endpoints/ops/test").status == 503);  // before the start
  views.start();
  const auto good = views.ask("POST", "/api/v1/endpoints/ops/test");
  REQUIRE_MESSAGE(good.status == 200, good.body);
  CHECK(json::Object{good.json}.flag("succeeded"));
  CHECK(json::Object{good.json}.text("answer") == "said so");
  const auto bad = views.ask("POST", "/api/v1/endpoints/ops/test");
  CHECK_FALSE(json::Object{bad.json}.flag("succeeded"));
  CHECK(json::Object{bad.json}.integer("status_code") == 500);
  CHECK(views.ask("POST", "/api/v1/endpoints/none/test").status == 404);
  views.stop();
  CHECK(receiver.count("/ops") == 2);
  CHECK(views.get("/api/v1/deliveries").json["count"].GetInt() == 0);
}
