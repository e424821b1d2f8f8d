#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/http/client.h"
#include "common/http/server.h"
#include "common/http/sse.h"
#include "tests/unit/http/raw_connection.h"

namespace godwit::http {
namespace {

// Sends one event, then waits for the server to stop.
void greet_and_wait(StreamWriter& out) {
  out.send(sse_frame({.event = "hello", .data = "1"}));
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{mutex};
  never.wait(lock, out.stop_token(), [] { return false; });
  out.send(sse_frame({.event = "bye"}));
}

Router streams() {
  Router router;
  router.get("/stream", [](const Request&) { return sse_response(greet_and_wait); })
      .get("/finite",
           [](const Request&) { return sse_response([](StreamWriter& out) { out.send("data: x\n\n"); }); })
      .get("/plain", [](const Request&) { return text_response("plain"); });
  return router;
}

const char* const get_stream = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";

// Asks until the answer is as wanted; false after ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("a stream that ends is whole: head, events, last chunk, close") {
  const auto server = std::move(Server::start({}, streams()).value());
  RawConnection raw{server->address()};
  raw.send("GET /finite HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string all = raw.read_to_end();
  CHECK(raw.closed());
  CHECK(all.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(all.find("Content-Length") == std::string::npos);
  CHECK(all.ends_with("9\r\ndata: x\n\n\r\n0\r\n\r\n"));
}

TEST_CASE("an HTTP/1.0 client gets the stream without chunks") {
  const auto server = std::move(Server::start({}, streams()).value());
  RawConnection raw{server->address()};
  raw.send("GET /finite HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(raw.read_to_end().ends_with("\r\n\r\ndata: x\n\n"));
  CHECK(raw.closed());
}

TEST_CASE("a stream that breaks off has no last chunk, and where that could not be seen it does not begin") {
  Router router;
  router.get("/broken", [](const Request&) {
    Response response = text_response("");
    response.end_must_show = true;
    response.stream = [](StreamWriter& out) {
      out.send("half");
      throw std::runtime_error{"the rest is gone"};
    };
    return response;
  });
  const auto server = std::move(Server::start({}, std::move(router)).value());
  RawConnection raw{server->address()};
  raw.send("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(raw.read_to_end().ends_with("\r\n\r\n4\r\nhalf\r\n"));
  CHECK(raw.closed());
  CHECK_FALSE(Client{}.send({.url = server->url() + "/broken"}).ok());
  RawConnection old{server->address()};
  old.send("GET /broken HTTP/1.0\r\n\r\n");
  CHECK(old.read_to_end().starts_with("HTTP/1.1 505 "));
  CHECK(server->stats().streams_open == 0);
}

TEST_CASE("one stream more than the cap is 503 with Retry-After, and plain requests still have threads") {
  const auto server = std::move(Server::start({.request_threads = 2, .streams_max = 3}, streams()).value());
  RawConnection first{server->address()};
  RawConnection second{server->address()};
  RawConnection third{server->address()};
  for (RawConnection* open : {&first, &second, &third}) {
    open->send(get_stream);
    CHECK(open->read_until("event: hello").find("event: hello") != std::string::npos);
  }
  CHECK(server->stats().streams_open == 3);
  Client client;
  const auto refused = client.send({.url = server->url() + "/stream"});
  REQUIRE(refused.ok());
  CHECK(refused->status == 503);
  CHECK(refused->header("Retry-After") == "5");
  CHECK(server->stats().streams_refused_total == 1);
  CHECK(client.send({.url = server->url() + "/plain"})->body == "plain");
}

TEST_CASE("stop ends the streams, which may say good-bye") {
  const auto server = std::move(Server::start({}, streams()).value());
  RawConnection raw{server->address()};
  raw.send(get_stream);
  raw.read_until("event: hello");
  server->stop();
  CHECK(server->stats().streams_open == 0);
  CHECK(raw.read_to_end().ends_with("\r\n0\r\n\r\n"));
  CHECK(raw.read_to_end().find("event: bye") != std::string::npos);
}

TEST_CASE("a client that is gone is noticed at the next write, and its place is free again") {
  Router router;
  router.get("/ticks", [](const Request&) {
    return sse_response([](StreamWriter& out) {
      while (!out.stopping() && out.send(sse_heartbeat())) std::this_thread::yield();
    });
  });
  const auto server = std::move(Server::start({.streams_max = 1}, std::move(router)).value());
  {
    RawConnection raw{server->address()};
    raw.send("GET /ticks HTTP/1.1\r\nHost: x\r\n\r\n");
    raw.read_until(":\n\n");
  }
  CHECK(eventually([&] { return server->stats().streams_open == 0; }));
}

TEST_CASE("a client that does not read is given up after the request timeout") {
  std::atomic<bool> given_up{false};
  Router router;
  router.get("/flood", [&](const Request&) {
    return sse_response([&](StreamWriter& out) {
      const std::string block(65'536, 'x');
      while (out.send(block)) {
      }
      given_up = !out.stopping();
    });
  });
  const auto server = std::move(Server::start({.request_timeout = Millis{200}}, std::move(router)).value());
  RawConnection raw{server->address()};
  raw.send("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(eventually([&] { return given_up.load(); }));
}

TEST_CASE("a stream function that throws cuts its stream and nothing else") {
  Router router = streams();
  router.get("/throws", [](const Request&) {
    return sse_response([](StreamWriter& out) {
      out.send("data: 1\n\n");
      throw std::runtime_error{"broken"};
    });
  });
  const auto server = std::move(Server::start({}, std::move(router)).value());
  RawConnection raw{server->address()};
  raw.send("GET /throws HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(raw.read_to_end().find("\r\n0\r\n") == std::string::npos);
  Client client;
  CHECK(client.send({.url = server->url() + "/plain"})->body == "plain");
}

}  // namespace godwit::http
