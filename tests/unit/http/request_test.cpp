#include "common/http/request.h"

#include <doctest/doctest.h>

namespace godwit::http {

TEST_CASE("a target is split into path and decoded query parameters") {
  const Request request = *make_request("GET", "/a%20b?x=1&y=two+words&x=%2F&flag&&z=");
  CHECK(request.path == "/a%20b");
  CHECK(request.query("x") == "1");
  CHECK(request.query_all("x") == std::vector<std::string>{"1", "/"});
  CHECK(request.query("y") == "two words");
  CHECK(request.query("flag") == "");
  CHECK(request.query("z") == "");
  CHECK_FALSE(request.query("absent").has_value());
  CHECK(make_request("GET", "/")->query_parameters.empty());
}

TEST_CASE("a query that is no text is refused") {
  for (const char* target : {"/?a=%", "/?%zz=1", "/?a=%ff", "/?a=%00", "/?a=%0d%0aX"}) {
    const auto request = make_request("GET", target);
    REQUIRE_FALSE(request.ok());
    CHECK(request.error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("headers are found without case, the first one wins") {
  Request request;
  request.headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  CHECK(request.header("CONTENT-TYPE") == "a");
  CHECK_FALSE(request.header("Accept").has_value());
}

}  // namespace godwit::http
