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
  explicit Views(Stage& stage) : view_(stage.context(), settings_of(stage)) { view_.routes(router_); }

  Asked get(const std::string& target) {
    auto request = http::make_request("GET", target);
    GODWIT_CHECK(request.ok(), "no request");
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

 private:
  static Settings settings_of(Stage& stage) {
    Settings settings;
    settings.endpoints = stage.endpoints();
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
