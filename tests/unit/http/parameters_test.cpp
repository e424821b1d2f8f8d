#include "common/http/parameters.h"

#include <doctest/doctest.h>

#include "common/base/clock.h"

namespace godwit::http {
namespace {

Request asking(std::string_view query) { return *make_request("GET", std::string{"/?"}.append(query)); }
constexpr IntegerRange limit_range{.min = 1, .max = 1000, .fallback = 100};

}  // namespace

TEST_CASE("a whole number is read within its range, or its fallback stands") {
  CHECK(*query_integer(asking("limit=7"), "limit", limit_range) == 7);
  CHECK(*query_integer(asking(""), "limit", limit_range) == 100);
  for (const char* bad : {"limit=", "limit=0", "limit=1001", "limit=7x", "limit=+7", "limit=1e2",
                          "limit=99999999999999999999"}) {
    const auto limit = query_integer(asking(bad), "limit", limit_range);
    REQUIRE_FALSE(limit.ok());
    CHECK(limit.error().parameter == "limit");
    CHECK(limit.error().message.find("'limit' must be a whole number from 1 to 1000") != std::string::npos);
  }
}

TEST_CASE("a parameter given twice is refused instead of one being picked") {
  const auto limit = query_integer(asking("limit=1&limit=2"), "limit", limit_range);
  REQUIRE_FALSE(limit.ok());
  CHECK(limit.error().message == "parameter 'limit' is given more than once");
}

TEST_CASE("a word must be one of the known ones") {
  CHECK(**query_one_of(asking("status=failed"), "status", {"running", "failed"}) == "failed");
  CHECK_FALSE(query_one_of(asking(""), "status", {"running"})->has_value());
  const auto bad = query_one_of(asking("status=lost"), "status", {"running", "failed"});
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().message == "parameter 'status' must be one of running, failed, not 'lost'");
  CHECK(**query_boolean(asking("success=true"), "success"));
  CHECK_FALSE(query_boolean(asking("success=1"), "success").ok());
}

TEST_CASE("a time may have an offset whose plus sign was not escaped") {
  const Timestamp expected = *parse_rfc3339("2026-11-21T08:54:19Z");
  CHECK(**query_time(asking("start=2026-11-21T09:54:19%2B01:00"), "start") == expected);
  CHECK(**query_time(asking("start=2026-11-21T09:54:19+01:00"), "start") == expected);
  CHECK(**query_time(asking("start=2026-11-21T08:54:19Z"), "start") == expected);
  CHECK_FALSE(query_time(asking(""), "start")->has_value());
  const auto bad = query_time(asking("start=yesterday"), "start");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().message.find("parameter 'start' must be an RFC 3339 time") == 0);
}

TEST_CASE("a misspelt parameter is refused, with the names that are known") {
  CHECK_FALSE(unknown_parameter(asking("limit=1"), {"status", "limit"}).has_value());
  const auto unknown = unknown_parameter(asking("limt=1"), {"status", "limit"});
  REQUIRE(unknown.has_value());
  CHECK(unknown->message == "parameter 'limt' is unknown; known are status, limit");
  const Response answer = bad_parameter(*unknown);
  CHECK(answer.status == 400);
  CHECK(answer.content_type == "application/problem+json");
  CHECK(answer.body.find(R"("parameter":"limt")") != std::string::npos);
}

}  // namespace godwit::http
