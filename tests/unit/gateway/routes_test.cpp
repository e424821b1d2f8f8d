#include "producers/gateway/routes.h"

#include <doctest/doctest.h>

#include "common/http/client.h"
#include "common/http/server.h"
#include "tests/unit/gateway/parts.h"

namespace godwit::gateway {
namespace {

http::Request get(std::string_view path) { return *http::make_request("GET", path); }

}  // namespace

TEST_CASE("readiness follows Kafka and gives the reason") {
  Parts parts;
  CHECK(parts.ask(get("/readyz")).status == 200);
  const auto down =
      make_routes({.ingest = parts.ingest, .gate = parts.gate, .kafka_reachable = []() -> Status {
                     return transient_error("Kafka cannot be reached");
                   }});
  const auto answer = down.handle(get("/readyz"));
  CHECK(answer.status == 503);
  CHECK(answer.body == R"({"status":"not ready","reasons":["Kafka cannot be reached"]})");
  CHECK(down.handle(get("/healthz")).status == 200);
}

TEST_CASE("the metrics page counts requests by status and events by what became of them") {
  Parts parts;
  CHECK(parts.ask(post_structured(task_started("a"))).status == 202);
  CHECK(parts.ask(post_structured("no event")).status == 400);
  const auto page = parts.ask(get("/metrics")).body;
  for (const char* line :
       {"godwit_gateway_events_total{outcome=\"accepted\"} 1\n",
        "godwit_gateway_events_total{outcome=\"invalid\"} 1\n",
        "godwit_gateway_requests_total{status=\"202\"} 1\n",
        "godwit_gateway_requests_total{status=\"400\"} 1\n", "godwit_gateway_requests_waiting 0\n"}) {
    CAPTURE(line);
    CHECK(page.find(line) != std::string::npos);
  }
}

TEST_CASE("events come in over a real connection in all three modes") {
  Parts parts;
  const auto server = std::move(http::Server::start({}, parts.routes()).value());
  http::Client client;
  for (const http::Request& request :
       {post_structured(task_started("a")), post_binary(), post_batch(batch_of({task_started("c")}))}) {
    const auto answer = client.send({.method = "POST",
                                     .url = server->url() + request.path,
                                     .headers = request.headers,
                                     .body = request.body});
    REQUIRE(answer.ok());
    CHECK(answer->status == 202);
  }
  CHECK(parts.lifecycle().size() == 3);
}

}  // namespace godwit::gateway
