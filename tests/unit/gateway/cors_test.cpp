#include "producers/gateway/cors.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/parts.h"

namespace godwit::gateway {
namespace {

constexpr std::string_view page = "https://ops.example.com";

Cors cors() { return *Cors::allow({"https://ops.example.com", "HTTP://localhost:5173"}); }

http::Request preflight(std::string_view origin, std::string_view headers = "") {
  http::Request request = *http::make_request("OPTIONS", "/api/v1/events");
  request.headers = {{"Origin", std::string{origin}},
                     {"Access-Control-Request-Method", "POST"},
                     {"Access-Control-Request-Headers", std::string{headers}}};
  return request;
}

}  // namespace

TEST_CASE("a named page may send the headers of events, and no others") {
  const auto answer = cors().preflight(
      preflight(page, "Content-Type,ce-id, CE-Source,authorization,x-evil,ce-a\x7f,idempotency-key"));
  CHECK(answer.status == 204);
  CHECK(header(answer, "Access-Control-Allow-Origin") == page);
  CHECK(header(answer, "Access-Control-Allow-Methods") == "POST");
  CHECK(header(answer, "Access-Control-Allow-Headers") ==
        "content-type, ce-id, ce-source, authorization, idempotency-key");
  CHECK(header(answer, "Vary") == "Origin");
  CHECK(cors().preflight(preflight("http://localhost:5173")).status == 204);
}

TEST_CASE("a page that is not named is told so, and gets no permission") {
  for (const char* origin : {"https://evil.example.com", "https://ops.example.com.evil.com", "null", "",
                             "https://ops.example.com:443", "http://ops.example.com"}) {
    const auto answer = cors().preflight(preflight(origin));
    CHECK(answer.status == 403);
    CHECK_FALSE(header(answer, "Access-Control-Allow-Origin"));
  }
}

TEST_CASE("only origins can be named") {
  for (const char* text :
       {"*", "", "ops.example.com", "https://", "https://a/b", "ftp://a", "https://a b", "https://a\r\nX: y"})
    CHECK_FALSE(Cors::allow({text}).ok());
}

TEST_CASE("a named page may read every answer, also one that refuses it") {
  Parts parts{{.cors = cors()}};
  const auto taken = parts.ask(with_header(post_structured(task_started("a")), "Origin", page));
  CHECK(taken.status == 202);
  CHECK(header(taken, "Access-Control-Allow-Origin") == page);
  const auto bad = parts.ask(with_header(post_structured("{"), "Origin", page));
  CHECK(bad.status == 400);
  CHECK(header(bad, "Access-Control-Allow-Origin") == page);
  const auto stranger = parts.ask(with_header(post_structured(task_started("b")), "Origin", "https://x.org"));
  CHECK_FALSE(header(stranger, "Access-Control-Allow-Origin"));
  CHECK(header(stranger, "Vary") == "Origin");
}

TEST_CASE("a preflight needs no token, for browsers send none, and where no page is named there is none") {
  Parts parts{{.cors = cors()}};
  CHECK(parts.ask(preflight(page)).status == 204);
  Parts closed;
  const auto answer = closed.ask(preflight(page));
  CHECK(answer.status == 405);
  CHECK(header(answer, "Allow") == "POST");
}

}  // namespace godwit::gateway
