#include "producers/gateway/read_events.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/requests.h"

namespace godwit::gateway {
namespace {

Refused refused(const http::Request& request, const ReadLimits& limits = {}) {
  const auto events = read_events(request, limits);
  REQUIRE_FALSE(events.ok());
  return events.error();
}

// The binary request with one header set to another value, or added.
http::Request binary_with(std::string_view name, std::string_view value) {
  http::Request request = post_binary();
  for (auto& header : request.headers) {
    if (header.first != name) continue;
    header.second = value;
    return request;
  }
  request.headers.emplace_back(name, value);
  return request;
}

}  // namespace

TEST_CASE("the same event comes out of structured, binary and batch mode") {
  auto structured = read_events(post_structured(task_started("b-1")), {});
  const auto binary = read_events(post_binary(), {});
  const auto batch = read_events(post_batch(batch_of({task_started("b-1")})), {});
  REQUIRE(structured.ok());
  REQUIRE(binary.ok());
  REQUIRE(batch.ok());
  REQUIRE(structured->events.size() == 1);
  CHECK(structured->events == binary->events);
  CHECK(structured->events == batch->events);
}

TEST_CASE("attribute headers are percent-decoded once, and unquoted first when quoted") {
  CHECK(read_events(binary_with("CE-Id", "Euro%20%E2%82%AC"), {})->events.front().id == "Euro €");
  CHECK(read_events(binary_with("CE-Id", "a%2541"), {})->events.front().id == "a%41");
  CHECK(read_events(binary_with("CE-Id", R"("a \"b\" \\c")"), {})->events.front().id == R"(a "b" \c)");
  CHECK(read_events(binary_with("ce-region", "eu%20west"), {})->events.front().extensions.front().second ==
        "eu west");
}

TEST_CASE("an attribute that cannot be decoded is 400 and pointed at") {
  for (const char* bad : {"%", "%zz", "%ff"}) {
    const Refused why = refused(binary_with("CE-Id", bad));
    CHECK(why.status == 400);
    CHECK(why.pointer == "/id");
  }
  http::Request twice = post_binary();
  twice.headers.emplace_back("ce-id", "other");
  CHECK(refused(twice).pointer == "/id");
}

TEST_CASE("a content type that is no event is 415") {
  CHECK(refused(post("", "{}")).status == 415);
  CHECK(refused(post("text/plain", "hello")).status == 415);
  CHECK(refused(post("application/json", task_started("a"))).status == 415);
  CHECK(refused(post("application/cloudevents+avro", "x")).status == 415);
  CHECK(refused(post("application/cloudevents+json; charset=latin1", task_started("a"))).status == 415);
  CHECK(refused(binary_with("Content-Type", "application/x-www-form-urlencoded")).status == 415);
}

TEST_CASE("media types are compared without case") {
  CHECK(read_events(post("Application/CloudEvents+JSON;charset=\"utf-8\"", task_started("a")), {}).ok());
}

TEST_CASE("an event that breaks the catalogue's rules is 400 with a pointer") {
  CHECK(refused(post_structured("{")).kind == "not_json");
  std::string no_source = task_started("a");
  no_source.erase(no_source.find(R"("source":"/workers/w1",)"), 23);
  const Refused why = refused(post_structured(no_source));
  CHECK(why.status == 400);
  CHECK(why.kind == "missing");
  CHECK(why.pointer == "/source");
}

TEST_CASE("a type outside the catalogue is refused, for it has no topic") {
  const Refused why = refused(binary_with("ce-type", "com.example.thing.v1"));
  CHECK(why.status == 400);
  CHECK(why.pointer == "/type");
  CHECK(why.message == "'com.example.thing.v1' is no type of the catalogue");
}

TEST_CASE("a bad event of a batch is refused alone and named by its place") {
  const auto read =
      read_events(post_batch(batch_of({task_started("a"), task_started(""), task_started("c")})), {});
  REQUIRE(read.ok());
  CHECK(read->is_batch);
  CHECK(read->places == std::vector<std::size_t>{0, 2});
  REQUIRE(read->refused.size() == 1);
  CHECK(read->refused.front().index == 1);
  CHECK(read->refused.front().pointer == "/id");
}

TEST_CASE("a batch that is no JSON is refused whole, with the place where it ceases to be") {
  CHECK(refused(post_batch(batch_of({task_started("a"), ""}))).index == 1);
  CHECK(refused(post_batch(task_started("a"))).kind == "not_json");
}

TEST_CASE("bounds: an event too large or a batch too long is 413") {
  const ReadLimits limits{.batch_events_max = 2, .codec = {.event_bytes_max = 1'000}};
  const std::string three = batch_of({task_started("a"), task_started("b"), task_started("c")});
  CHECK(refused(post_batch(three), limits).status == 413);
  CHECK(refused(post_structured(task_started("a") + std::string(1'000, ' ')), limits).status == 413);
  CHECK(read_events(post_batch("[]"), limits)->events.empty());
}

}  // namespace godwit::gateway
