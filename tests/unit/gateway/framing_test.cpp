// What is wrong with a request below its events, over a real connection: nothing of it may be stored.
#include <doctest/doctest.h>

#include "common/http/server.h"
#include "tests/unit/gateway/parts.h"
#include "tests/unit/http/raw_connection.h"

namespace godwit::gateway {
namespace {

struct Listening {
  Parts parts;
  std::unique_ptr<http::Server> server = std::move(
      http::Server::start({.body_bytes_max = 10'000, .request_timeout = Millis{300}}, parts.routes())
          .value());

  // The answer to these bytes; the connection is read to its end.
  std::string tell(const std::string& bytes) {
    http::RawConnection raw{server->address()};
    raw.send(bytes);
    return raw.read_to_end();
  }
};

const std::string head =
    "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
    "application/cloudevents+json\r\n";

std::string sized(std::size_t length, const std::string& body) {
  return head + fmt::format("Content-Length: {}\r\n\r\n{}", length, body);
}

std::string chunked(const std::string& rest) { return head + "Transfer-Encoding: chunked\r\n\r\n" + rest; }

std::string chunk(const std::string& bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

}  // namespace

TEST_CASE("a body in chunks is an event like any other, and one whose chunks are wrong is none") {
  Listening gateway;
  const std::string event = task_started("a");
  CHECK(gateway.tell(chunked(chunk(event.substr(0, 50)) + chunk(event.substr(50)) + "0\r\n\r\n"))
            .find("HTTP/1.1 202 Accepted\r\n") == 0);
  CHECK(gateway.parts.lifecycle().size() == 1);
  for (const std::string& wrong : {"zz\r\n" + event + "\r\n0\r\n\r\n", "-1\r\n" + event + "\r\n0\r\n\r\n"}) {
    const std::string answer = gateway.tell(chunked(wrong));
    CHECK(answer.find("HTTP/1.1 400 Bad Request\r\n") == 0);
    CHECK(answer.find("the body is cut off or badly chunked") != std::string::npos);
  }
  CHECK(gateway.parts.lifecycle().size() == 1);
}

TEST_CASE("a body that ends or stalls before its length is 408, and nothing of it is stored") {
  Listening gateway;
  const std::string event = task_started("a");
  for (const std::string& request : {sized(event.size() + 1, event), chunked(chunk(event))}) {
    const std::string answer = gateway.tell(request);
    CHECK(answer.find("HTTP/1.1 408 Request Timeout\r\n") == 0);
    CHECK(answer.find("the body did not arrive in time") != std::string::npos);
  }
  CHECK(gateway.parts.lifecycle().empty());
}

TEST_CASE("a body past the bound is 413, by its length or by its chunks") {
  Listening gateway;
  const std::string big(10'001, ' ');
  for (const std::string& request : {sized(big.size(), big), chunked(chunk(big) + "0\r\n\r\n")}) {
    const std::string answer = gateway.tell(request);
    CHECK(answer.find("HTTP/1.1 413 Content Too Large\r\n") == 0);
    CHECK(answer.find("the body must be at most 10000 bytes") != std::string::npos);
  }
}

TEST_CASE("too many or too long headers are refused") {
  Listening gateway;
  std::string many = head;
  for (int i = 0; i < 100; ++i) many += fmt::format("ce-ext{}: x\r\n", i);
  CHECK(gateway.tell(many + "Content-Length: 0\r\n\r\n").find("HTTP/1.1 431 ") == 0);
  const std::string long_one = gateway.tell(head + "ce-ext: " + std::string(20'000, 'x') + "\r\n\r\n");
  CHECK(long_one.find(" 202 ") == std::string::npos);
  CHECK(gateway.parts.lifecycle().empty());
}

TEST_CASE("two lengths, or a length beside chunks, are refused, so that nothing can be smuggled") {
  Listening gateway;
  const std::string event = task_started("a");
  for (const std::string& more :
       {std::string{"Transfer-Encoding: chunked\r\n"}, std::string{"Content-Length: 3\r\n"}}) {
    const std::string answer =
        gateway.tell(head + more + fmt::format("Content-Length: {}\r\n\r\n{}", event.size(), event));
    CHECK(answer.find("HTTP/1.1 400 Bad Request\r\n") == 0);
  }
  CHECK(gateway.tell(head + "Content-Length: 1e3\r\n\r\n" + event).find("HTTP/1.1 400 ") == 0);
  CHECK(gateway.parts.lifecycle().empty());
}

}  // namespace godwit::gateway
