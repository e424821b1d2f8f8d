// The other consumers through the dashboard's own origin, with real servers in their place.
#include <doctest/doctest.h>

#include "common/http/server.h"
#include "consumers/dashboard/pipeline.h"
#include "consumers/dashboard/upstreams.h"
#include "rig.h"

using namespace godwit;
using dashboard::Upstreams;
using test::header;

namespace {

constexpr const char* nobody = "http://127.0.0.1:9";

std::unique_ptr<http::Server> serve(http::Router router) {
  auto server = http::Server::start({}, std::move(router));
  REQUIRE(server.ok());
  return std::move(*server);
}

http::Response ask(Upstreams& upstreams, const std::string& target) {
  http::Router router;
  dashboard::add_upstreams(router, upstreams);
  auto request = http::make_request("GET", target);
  REQUIRE(request.ok());
  return router.handle(*request);
}

}  // namespace

TEST_CASE("a question is passed on as it came, and its answer too, also a refusal") {
  http::Router router;
  router.get("/api/v1/progress/{task_id}", [](const http::Request& request) {
    if (request.param("task_id") == "none") return http::problem(404, "task none not found");
    auto response = http::json_response("{\"id\":\"" + request.param("task_id") +
                                        request.query("x").value_or("") + "\"}");
    response.headers.emplace_back("ETag", "\"1\"");
    return response;
  });
  const auto server = serve(std::move(router));
  Upstreams upstreams{{{"progress", {server->url()}}}};
  const auto answer = ask(upstreams, "/api/v1/progress/a%3Ab?x=%20y");
  CHECK(answer.status == 200);
  CHECK(answer.body == "{\"id\":\"a:b y\"}");
  CHECK(header(answer, "etag") == "\"1\"");
  CHECK(ask(upstreams, "/api/v1/progress/none").status == 404);
}

TEST_CASE("a consumer that does not answer is a 502 that names it") {
  Upstreams upstreams{{{"audit", {nobody}}}};
  const auto answer = ask(upstreams, "/api/v1/audit?limit=1");
  CHECK(answer.status == 502);
  CHECK(answer.content_type == "application/problem+json");
  CHECK(answer.body.find("\"consumer\":\"audit\"") != std::string::npos);
  CHECK(ask(upstreams, "/api/v1/audit?format=csv").status == 502);
  CHECK(ask(upstreams, "/api/v1/deliveries").status == 502);
}

TEST_CASE("another instance answers when the first does not") {
  http::Router router;
  router.get("/stats", [](const http::Request&) { return http::json_response("{}"); });
  const auto server = serve(std::move(router));
  Upstreams upstreams{{{"metrics", {nobody, server->url()}}}};
  CHECK(ask(upstreams, "/stats").status == 200);
  CHECK(upstreams.url_of("metrics") == server->url());
}

TEST_CASE("an answer that is too long is refused, not cut") {
  http::Router router;
  router.get("/stats", [](const http::Request&) { return http::text_response(std::string(5000, 'x')); });
  const auto server = serve(std::move(router));
  Upstreams upstreams{{{"metrics", {server->url()}}}, {.answer_bytes_max = 1000}};
  CHECK(ask(upstreams, "/stats").status == 502);
}

TEST_CASE("metrics are summed over their labels, and those whose name only begins alike are not") {
  const std::string page =
      "# HELP x_total y\n# TYPE x_total counter\nx_total{a=\"1 2\"} 3\nx_total 4\nx_total_other 100\n";
  CHECK(dashboard::sum_of(page, "x_total") == doctest::Approx(7));
  CHECK(dashboard::sum_of("", "x_total") == doctest::Approx(0));
}

TEST_CASE("the pipeline names every consumer, also those that do not answer") {
  const test::Rig rig;
  const auto answer = rig.json("/api/v1/pipeline");
  const auto& consumers = answer["consumers"];
  REQUIRE(consumers.Size() == 5);
  for (const auto& consumer : consumers.GetArray()) {
    if (consumer["name"] == "godwit-dashboard") {
      CHECK(consumer["ready"].GetBool());
      continue;
    }
    CHECK_FALSE(consumer["reachable"].GetBool());
    CHECK(consumer["reasons"].Size() == 1);
  }
}
