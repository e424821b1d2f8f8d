#include "tests/unit/gateway/malformed.h"

#include <doctest/doctest.h>

#include <set>

#include "common/json/fields.h"
#include "tests/unit/gateway/parts.h"

namespace godwit::gateway {
namespace {

void check(const std::vector<Malformed>& table) {
  Parts parts;
  for (const Malformed& row : table) {
    CAPTURE(row.what);
    const http::Response answer = parts.ask(row.request);
    CHECK(answer.status == row.status);
    CHECK(answer.content_type == "application/problem+json");
    rapidjson::Document body;
    body.Parse(answer.body);
    REQUIRE_FALSE(body.HasParseError());
    const json::Object problem{body};
    CHECK(problem.integer("status").value_or(0) == row.status);
    CHECK(problem.text("detail").value_or("none") == row.detail);
    CHECK(problem.text("pointer").value_or("none") == row.pointer.value_or("none"));
  }
  CHECK(parts.lifecycle().empty());
}

}  // namespace

TEST_CASE("what is no event in structured mode is refused with its place and reason") {
  check(malformed_bodies());
  check(malformed_attributes());
  check(malformed_data());
}

TEST_CASE("what is no event in binary mode is refused with its place and reason") {
  check(malformed_binary());
}

TEST_CASE("batches, content types, methods, paths and keys that are none are refused") {
  check(malformed_requests());
}

TEST_CASE("the table of malformed requests has no row twice, and stays long") {
  std::set<std::string> names;
  std::size_t rows = 0;
  for (const auto& table : {malformed_bodies(), malformed_attributes(), malformed_data(), malformed_binary(),
                            malformed_requests()})
    for (const Malformed& row : table) {
      names.insert(row.what + std::to_string(row.request.headers.size()) + row.request.body);
      ++rows;
    }
  CHECK(names.size() == rows);
  CHECK(rows >= 100);
}

}  // namespace godwit::gateway
