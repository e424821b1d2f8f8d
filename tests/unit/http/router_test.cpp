#include "common/http/router.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace godwit::http {
namespace {

Router make_router() {
  Router router;
  router.get("/", [](const Request&) { return text_response("root"); })
      .get("/tasks", [](const Request&) { return text_response("list"); })
      .post("/tasks", [](const Request& r) { return text_response(r.body, 201); })
      .get("/tasks/{task_id}", [](const Request& r) { return text_response(r.param("task_id")); })
      .get("/tasks/newest", [](const Request&) { return text_response("literal"); })
      .get("/{kind}/{id}/log",
           [](const Request& r) { return text_response(r.param("kind") + r.param("id")); })
      .get("/broken", [](const Request&) -> Response { throw std::runtime_error{"secret of the house"}; });
  return router;
}

Response ask(std::string_view method, std::string_view target) {
  return make_router().handle(*make_request(std::string{method}, target));
}

}  // namespace

TEST_CASE("a path is answered by the pattern that fits it") {
  CHECK(ask("GET", "/").body == "root");
  CHECK(ask("GET", "/tasks").body == "list");
  CHECK(ask("GET", "/tasks/t-1").body == "t-1");
  CHECK(ask("GET", "/tasks/t-1/log").body == "taskst-1");
}

TEST_CASE("a literal segment wins over a placeholder, whatever was added first") {
  CHECK(ask("GET", "/tasks/newest").body == "literal");
}

TEST_CASE("a path parameter is decoded, and an escaped slash stays inside it") {
  CHECK(ask("GET", "/tasks/a%2Fb%20c").body == "a/b c");
  CHECK(ask("GET", "/tasks/a+b").body == "a+b");
}

TEST_CASE("a path that is no text is 400") {
  for (const char* path : {"/tasks/%", "/tasks/%zz", "/tasks/%ff", "/tasks/%00"})
    CHECK(ask("GET", path).status == 400);
}

TEST_CASE("an unknown path is 404 as problem+json") {
  for (const char* path : {"/nothing", "/tasks/", "/tasks/a/b", "//", "/tasks/../etc"}) {
    const Response answer = ask("GET", path);
    CHECK(answer.status == 404);
    CHECK(answer.content_type == "application/problem+json");
    CHECK(answer.body.find(R"("title":"Not Found","status":404)") != std::string::npos);
  }
}

TEST_CASE("a method the path does not have is 405 and names those it has") {
  const Response answer = ask("DELETE", "/tasks");
  CHECK(answer.status == 405);
  CHECK(answer.headers == NameValues{{"Allow", "GET, POST, HEAD"}});
}

TEST_CASE("HEAD is GET without the body and with its length") {
  const Response answer = ask("HEAD", "/tasks");
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
  CHECK(answer.content_length == 4);
}

TEST_CASE("a handler that throws gives a 500 that tells no details") {
  const Response answer = ask("GET", "/broken");
  CHECK(answer.status == 500);
  CHECK(answer.body.find("secret") == std::string::npos);
}

TEST_CASE("the answer names the route, so that requests are counted by pattern and not by path") {
  const Router router = make_router();
  CHECK(router.patterns().at(router.answer(*make_request("GET", "/tasks/t-9")).route) == "/tasks/{task_id}");
  CHECK(router.answer(*make_request("GET", "/nothing")).route == router.patterns().size());
}

TEST_CASE("a problem quotes hostile input without becoming broken JSON") {
  const Response answer = problem(400, "bad \xFF\n\"x\"", {{"index", std::int64_t{3}}, {"pointer", "/a"}});
  CHECK(
      answer.body ==
      R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"bad ??\"x\"","index":3,"pointer":"/a"})");
}

}  // namespace godwit::http
