#include "common/http/server.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>

#include "common/http/client.h"
#include "tests/unit/http/raw_connection.h"

namespace godwit::http {
namespace {

std::unique_ptr<Server> serve(Router router, const ServerOptions& options = {}) {
  return std::move(Server::start(options, std::move(router)).value());
}

Router greeter() {
  Router router;
  router.get("/hello/{name}", [](const Request& r) { return text_response("hello " + r.param("name")); })
      .post("/echo", [](const Request& r) { return text_response(r.body); });
  return router;
}

std::uint64_t count_of(const ServerStats& stats, std::string_view route, std::string_view status) {
  for (const RequestCount& entry : stats.requests_total)
    if (entry.route == route && entry.status == status) return entry.count;
  return 0;
}

}  // namespace

TEST_CASE("a server on port 0 says which port it got and answers there") {
  const auto server = serve(greeter());
  CHECK(server->address().find("127.0.0.1:") == 0);
  CHECK(server->address() != "127.0.0.1:0");
  Client client;
  const auto answer = client.send({.url = server->url() + "/hello/w%C3%B6rld"});
  REQUIRE(answer.ok());
  CHECK(answer->status == 200);
  CHECK(answer->body == "hello wörld");
  CHECK(answer->header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(answer->header("X-Content-Type-Options") == "nosniff");
}

TEST_CASE("a port in use is one clear line with the address") {
  const auto server = serve(greeter());
  const auto second = Server::start({.listen = server->address()}, greeter());
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == ErrorKind::fatal);
  CHECK(second.error().message == "cannot listen on " + server->address() +
                                      ": another program uses this port; stop it or choose another");
}

TEST_CASE("a listen address that is none is refused") {
  for (const char* listen :
       {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80s",
        "::1:80", "127.0.0.1:80,81", "host.invalid:80"}) {
    const auto server = Server::start({.listen = listen}, greeter());
    REQUIRE_FALSE(server.ok());
    CHECK(server.error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("host names and IPv6 addresses can be listened on") {
  CHECK(serve(greeter(), {.listen = "localhost:0"})->address().find("localhost:") == 0);
  const auto server = Server::start({.listen = "[::1]:0"}, greeter());
  if (!server.ok()) return;  // a machine without IPv6
  CHECK((*server)->address().find("[::1]:") == 0);
  Client client;
  CHECK(client.send({.url = (*server)->url() + "/hello/six"})->body == "hello six");
}

TEST_CASE("fifty clients on kept connections each get their own answers") {
  const auto server = serve(greeter());
  constexpr int clients = 50;
  constexpr int requests = 20;
  std::atomic<int> right{0};
  std::vector<std::jthread> threads;
  threads.reserve(clients);
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] {
      Client client;
      for (int n = 0; n < requests; ++n) {
        const std::string body = std::to_string(i) + "/" + std::to_string(n);
        const auto answer = client.send({.method = "POST", .url = server->url() + "/echo", .body = body});
        if (answer.ok() && answer->status == 200 && answer->body == body) ++right;
      }
    });
  }
  threads.clear();
  CHECK(right == clients * requests);
  CHECK(count_of(server->stats(), "/echo", "2xx") == clients * requests);
}

TEST_CASE("one connection carries many requests, pipelined or not") {
  const auto server = serve(greeter());
  RawConnection raw{server->address()};
  const std::string get = "GET /hello/a HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(raw.send(get + "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get +
                   "GET /hello/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  const std::string all = raw.read_to_end();
  CHECK(raw.closed());
  std::size_t answers = 0;
  for (std::size_t at = all.find("HTTP/1.1 200"); at != std::string::npos;
       at = all.find("HTTP/1.1 200", at + 1))
    ++answers;
  CHECK(answers == 4);
  CHECK(all.find("\r\n\r\nabc") != std::string::npos);
  CHECK(all.ends_with("hello last"));
}

TEST_CASE("HEAD is answered without a body and the connection stays usable") {
  const auto server = serve(greeter());
  Client client;
  const auto head = client.send({.method = "HEAD", .url = server->url() + "/hello/a"});
  REQUIRE(head.ok());
  CHECK(head->header("content-length") == "7");
  CHECK(head->body.empty());
  CHECK(client.send({.url = server->url() + "/hello/b"})->body == "hello b");
}

TEST_CASE("requests are counted by pattern and class, those without a route together") {
  const auto server = serve(greeter());
  Client client;
  for (const char* path : {"/hello/a", "/hello/b", "/nope/1", "/nope/2", "/echo"})
    REQUIRE(client.send({.url = server->url() + path}).ok());
  const ServerStats stats = server->stats();
  CHECK(count_of(stats, "/hello/{name}", "2xx") == 2);
  CHECK(count_of(stats, "unmatched", "4xx") == 2);
  CHECK(count_of(stats, "/echo", "4xx") == 1);
  CHECK(stats.streams_open == 0);
}

TEST_CASE("a header value with line breaks cannot add a header of its own") {
  Router router;
  router.get("/", [](const Request&) {
    Response response = text_response("x");
    response.headers.emplace_back("X-Echo", "a\r\nSet-Cookie: b");
    return response;
  });
  const auto server = serve(std::move(router));
  Client client;
  const auto answer = client.send({.url = server->url() + "/"});
  CHECK(answer->header("X-Echo") == "a??Set-Cookie: b");
  CHECK_FALSE(answer->header("Set-Cookie").has_value());
}

TEST_CASE("stop lets a request under way finish and refuses those that come after") {
  std::latch entered{1};
  std::latch released{1};
  Router router = greeter();
  router.get("/slow", [&](const Request&) {
    entered.count_down();
    released.wait();
    return text_response("done");
  });
  const auto server = serve(std::move(router));
  std::string slow_body;
  std::jthread slow{[&] {
    Client client;
    if (auto answer = client.send({.url = server->url() + "/slow"}); answer.ok()) slow_body = answer->body;
  }};
  entered.wait();
  std::jthread stopper{[&] { server->stop(); }};
  int refused_status = 200;
  while (refused_status == 200) {
    Client client;
    const auto answer = client.send({.url = server->url() + "/hello/late"});
    REQUIRE(answer.ok());
    refused_status = answer->status;
  }
  CHECK(refused_status == 503);
  released.count_down();
  stopper.join();
  slow.join();
  CHECK(slow_body == "done");
}

}  // namespace godwit::http
