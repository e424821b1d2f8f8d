#include "producers/gateway/routes.h"

#include <doctest/doctest.h>

#include "common/http/client.h"
#include "common/http/server.h"
#include "common/stream/memory_log.h"
#include "tests/unit/gateway/requests.h"

namespace godwit::gateway {
namespace {

Status reachable() { return Done{}; }

}  // namespace

TEST_CASE("readiness follows Kafka and gives the reason") {
  stream::MemoryLog log{1};
  Ingest ingest{log};
  const auto up = make_routes({.ingest = ingest, .kafka_reachable = reachable});
  CHECK(up.handle(*http::make_request("GET", "/readyz")).status == 200);
  const auto down = make_routes({.ingest = ingest, .kafka_reachable = []() -> Status {
                                   return transient_error("Kafka cannot be reached");
                                 }});
  const auto answer = down.handle(*http::make_request("GET", "/readyz"));
  CHECK(answer.status == 503);
  CHECK(answer.body == R"({"status":"not ready","reasons":["Kafka cannot be reached"]})");
  CHECK(down.handle(*http::make_request("GET", "/healthz")).status == 200);
}

TEST_CASE("the metrics page counts what became of events") {
  stream::MemoryLog log{1};
  Ingest ingest{log};
  const auto routes = make_routes({.ingest = ingest, .kafka_reachable = reachable});
  CHECK(routes.handle(post_structured(task_started("a"))).status == 202);
  CHECK(routes.handle(post_structured("no event")).status == 400);
  const auto page = routes.handle(*http::make_request("GET", "/metrics")).body;
  CHECK(page.find("godwit_gateway_events_total{outcome=\"accepted\"} 1\n") != std::string::npos);
  CHECK(page.find("godwit_gateway_events_total{outcome=\"invalid\"} 1\n") != std::string::npos);
}

TEST_CASE("events come in over a real connection in all three modes") {
  stream::MemoryLog log{1};
  Ingest ingest{log};
  const auto server = std::move(
      http::Server::start({}, make_routes({.ingest = ingest, .kafka_reachable = reachable})).value());
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
  CHECK(log.records({"migrations.lifecycle", stream::Partition{0}}).size() == 3);
}

}  // namespace godwit::gateway
