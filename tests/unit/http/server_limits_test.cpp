#include <doctest/doctest.h>

#include <string>

#include "common/http/client.h"
#include "common/http/server.h"
#include "tests/unit/http/raw_connection.h"

namespace godwit::http {
namespace {

Router echo() {
  Router router;
  router.post("/echo", [](const Request& r) { return text_response(r.body); });
  return router;
}

std::unique_ptr<Server> serve(const ServerOptions& options = {}) {
  return std::move(Server::start(options, echo()).value());
}

// The server must still answer properly after whatever was done to it.
void check_still_serves(const Server& server) {
  Client client;
  const auto answer = client.send({.method = "POST", .url = server.url() + "/echo", .body = "still here"});
  REQUIRE(answer.ok());
  CHECK(answer->body == "still here");
}

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

std::string post(std::string_view headers, std::string_view body) {
  return std::string{"POST /echo HTTP/1.1\r\nHost: x\r\n"}.append(headers).append("\r\n").append(body);
}

}  // namespace

TEST_CASE("a body of exactly the bound is taken, one byte more is 413") {
  const auto server = serve({.body_bytes_max = 100'000});
  Client client;
  const std::string url = server->url() + "/echo";
  CHECK(client.send({.method = "POST", .url = url, .body = std::string(100'000, 'x')})->body.size() ==
        100'000);
  const auto refused = client.send({.method = "POST", .url = url, .body = std::string(100'001, 'x')});
  REQUIRE(refused.ok());
  CHECK(refused->status == 413);
  CHECK(refused->header("Content-Type") == "application/problem+json");
  CHECK(refused->body.find("at most 100000 bytes") != std::string::npos);
  CHECK(client.send({.method = "POST", .url = url, .body = "next"})->body == "next");
}

TEST_CASE("a length that promises terabytes is 413 and the connection is closed") {
  const auto server = serve({.request_timeout = Millis{300}});
  RawConnection raw{server->address()};
  raw.send(post("Content-Length: 9000000000000\r\nExpect: 100-continue\r\n", ""));
  const std::string answer = raw.read_to_end();
  CHECK(status_line(answer) == "HTTP/1.1 413 Content Too Large");
  CHECK(raw.closed());
  check_still_serves(*server);
}

TEST_CASE("a chunked body is read, and bounded like any other") {
  const auto server = serve({.body_bytes_max = 10});
  RawConnection small{server->address()};
  small.send(
      post("Transfer-Encoding: chunked\r\nConnection: close\r\n", "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"));
  CHECK(small.read_to_end().ends_with("\r\n\r\nabcdefg"));
  RawConnection big{server->address()};
  big.send(post("Transfer-Encoding: chunked\r\n", "6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n"));
  CHECK(status_line(big.read_to_end()) == "HTTP/1.1 413 Content Too Large");
}

TEST_CASE("a client that asks before it sends is told to go on") {
  const auto server = serve();
  RawConnection raw{server->address()};
  raw.send(post("Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n", ""));
  CHECK(raw.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  raw.send("hi");
  CHECK(raw.read_to_end().ends_with("\r\n\r\nhi"));
}

TEST_CASE("what could be read in two ways is refused and the connection closed") {
  const auto server = serve();
  std::string many;
  for (int i = 0; i < 80; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  const std::string smuggled = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  for (const std::string& headers :
       {std::string{"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"},
        std::string{"Content-Length: 4\r\nContent-Length: 5\r\n"},
        std::string{"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"},
        std::string{"Content-Length: 4x\r\n"}, std::string{"Content-Length: +4\r\n"},
        many + "Content-Length: 4\r\n"}) {
    RawConnection raw{server->address()};
    raw.send(post(headers, smuggled));
    const std::string answer = raw.read_to_end();
    CHECK(answer.starts_with("HTTP/1.1 4"));
    CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
    CHECK(raw.closed());
  }
}

TEST_CASE("garbage is answered 4xx or cut off, and harms nobody else") {
  const auto server = serve({.request_timeout = Millis{300}});
  for (const std::string& garbage :
       {std::string{"\x16\x03\x01\x02\x00\x01\x00", 7}, std::string{"GET\r\n\r\n"},
        std::string{"\r\n\r\n\r\n"}, std::string(100'000, 'A'),
        "GET / HTTP/1.1\r\n" + std::string(100'000, 'h') + ": 1\r\n\r\n",
        std::string{"GET /\x01 HTTP/1.1\r\n\r\n"}, std::string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        std::string{"GET http://elsewhere/ HTTP/1.1\r\n\r\n"}, std::string{"OPTIONS * HTTP/1.1\r\n\r\n"}}) {
    RawConnection raw{server->address()};
    raw.send(garbage);
    const std::string answer = raw.read_to_end();
    INFO(garbage.substr(0, 20), " -> ", answer.substr(0, 100));
    CHECK((answer.empty() || answer.find("application/problem+json") != std::string::npos));
    CHECK((answer.empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5")));
    CHECK(raw.closed());
  }
  check_still_serves(*server);
}

TEST_CASE("a path never reaches the file system") {
  const auto server = serve();
  for (const char* path : {"/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "/etc/"}) {
    RawConnection raw{server->address()};
    raw.send(std::string{"GET "} + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(status_line(raw.read_to_end()) == "HTTP/1.1 404 Not Found");
  }
}

TEST_CASE("a head that is not sent to its end is cut off by the request timeout") {
  const auto server = serve({.request_threads = 1, .streams_max = 0, .request_timeout = Millis{300}});
  RawConnection slow{server->address()};
  slow.send("POST /echo HTT");
  check_still_serves(*server);  // with one thread, only once the slow one is gone
}

TEST_CASE("a body that stops half way is 408 or 400, and frees its thread") {
  const auto server = serve({.request_threads = 1, .streams_max = 0, .request_timeout = Millis{300}});
  RawConnection slow{server->address()};
  slow.send(post("Content-Length: 10\r\n", "abc"));
  const std::string answer = slow.read_to_end();
  CHECK(answer.starts_with("HTTP/1.1 40"));
  CHECK(slow.closed());
  check_still_serves(*server);
}

}  // namespace godwit::http
