// Accept and Accept-Encoding, as clients write them.
#include "common/http/accept.h"

#include <doctest/doctest.h>

namespace godwit::http {
namespace {

TEST_CASE("elements come in order, with their parameters and weights") {
  const auto all = parse_accept(R"(Text/Plain ; Version=0.0.4;q=0.5, */*;q=0.1 ,a/b;x="1, 2")");
  REQUIRE(all.size() == 3);
  CHECK(all[0].value == "text/plain");
  CHECK(all[0].parameter("version") == "0.0.4");
  CHECK(all[0].quality == 0.5);
  CHECK(all[1].value == "*/*");
  CHECK(all[1].quality == 0.1);
  CHECK(all[2].parameter("x") == "1, 2");
  CHECK(all[2].quality == 1);
}

TEST_CASE("an element whose weight is none is left out") {
  for (const char* text : {"a/b;q=x", "a/b;q=2", "a/b;q=-1", "a/b;q=", "", " , ", ";q=1"}) {
    CAPTURE(text);
    CHECK(parse_accept(text).empty());
  }
}

TEST_CASE("what comes after the last element that is read is not looked at") {
  std::string many;
  for (std::size_t i = 0; i < accepted_max + 10; ++i) many += "a/b,";
  CHECK(parse_accept(many).size() == accepted_max);
}

TEST_CASE("gzip is taken when it is named or meant, and not when it is refused") {
  for (const char* yes : {"gzip", "deflate, GZIP;q=0.5", "*", "identity;q=0,*;q=0.1"}) {
    CAPTURE(yes);
    CHECK(accepts_coding(yes, "gzip"));
  }
  for (const char* no : {"", "deflate", "gzip;q=0", "*;q=0", "gzip;q=0, *;q=1", "xgzip"}) {
    CAPTURE(no);
    CHECK_FALSE(accepts_coding(no, "gzip"));
  }
}

}  // namespace
}  // namespace godwit::http
