#include "producers/gateway/idempotency.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/parts.h"

namespace godwit::gateway {
namespace {

using Turn = Idempotency::Turn;
using Begun = std::variant<Turn, http::Response>;

http::Request keyed(std::string_view key, std::string body = task_started("a")) {
  return with_header(post_structured(std::move(body)), "Idempotency-Key", key);
}

int status_of(const Begun& begun) {
  const auto* answer = std::get_if<http::Response>(&begun);
  return answer == nullptr ? 0 : answer->status;  // 0: it is our turn
}

http::Response sized(std::size_t bytes) { return http::json_response(std::string(bytes, 'x'), 202); }

}  // namespace

TEST_CASE("the same key and body gets the first answer again and publishes once") {
  Parts parts;
  const auto first = parts.ask(keyed("k-1"));
  const auto again = parts.ask(keyed("k-1"));
  CHECK(first.status == 202);
  CHECK(again.status == 202);
  CHECK(again.body == first.body);
  CHECK_FALSE(header(first, "Idempotency-Replayed"));
  CHECK(header(again, "Idempotency-Replayed") == "true");
  CHECK(parts.lifecycle().size() == 1);
  CHECK(parts.ask(keyed("k-2")).status == 202);
  CHECK(parts.lifecycle().size() == 2);
}

TEST_CASE("the same key with another body, content type or attribute is 422") {
  Parts parts;
  CHECK(parts.ask(keyed("k")).status == 202);
  CHECK(parts.ask(keyed("k", task_started("b"))).status == 422);
  http::Request other_type = keyed("k");
  other_type.headers.front().second = "application/cloudevents-batch+json";
  CHECK(parts.ask(other_type).status == 422);
  CHECK(parts.ask(with_header(post_binary(), "Idempotency-Key", "b")).status == 202);
  http::Request other_attribute = with_header(post_binary(), "Idempotency-Key", "b");
  other_attribute.headers[2].second = "b-2";
  CHECK(parts.ask(other_attribute).status == 422);
  CHECK(parts.lifecycle().size() == 2);
}

TEST_CASE("an answer that sending again may better is not kept") {
  Parts parts{{}, {.acknowledge_timeout = Millis{1}}};
  for (const auto& [mood, status] : {std::pair{ToldPublisher::Mood::full, 429},
                                     {ToldPublisher::Mood::silent, 503},
                                     {ToldPublisher::Mood::refuse, 500},
                                     {ToldPublisher::Mood::acknowledge, 202}}) {
    parts.publisher.be(mood);
    CHECK(parts.ask(keyed("k")).status == status);
  }
  CHECK(parts.ask(keyed("bad", "{")).status == 400);
  CHECK(parts.ask(keyed("bad")).status == 202);  // the client has mended it
}

TEST_CASE("while the first is under way the same again is 409, and free when it fails") {
  const FakeClock clock{{}};
  Idempotency memory{{}, clock};
  {
    const auto first = memory.begin("w", keyed("k"));
    CHECK(status_of(first) == 0);
    const auto second = memory.begin("w", keyed("k"));
    CHECK(status_of(second) == 409);
    CHECK(header(std::get<http::Response>(second), "Retry-After") == "1");
    CHECK(status_of(memory.begin("w", keyed("k", "other"))) == 422);
  }
  CHECK(status_of(memory.begin("w", keyed("k"))) == 0);
  CHECK(memory.stats().conflicts == 2);
}

TEST_CASE("callers do not share keys") {
  const FakeClock clock{{}};
  Idempotency memory{{}, clock};
  auto turn = memory.begin("w1", keyed("k"));
  std::get<Turn>(turn).keep(sized(1));
  CHECK(status_of(memory.begin("w1", keyed("k"))) == 202);
  CHECK(status_of(memory.begin("w2", keyed("k"))) == 0);
}

TEST_CASE("an answer is forgotten after its time, or when there is no room for it any more") {
  FakeClock clock{{}};
  Idempotency memory{{.window = Millis{1'000}, .answers_max = 2, .bytes_max = 1'000}, clock};
  const auto keep = [&memory](std::string_view key, std::size_t bytes) {
    auto turn = memory.begin("w", keyed(key));
    REQUIRE(status_of(turn) == 0);
    std::get<Turn>(turn).keep(sized(bytes));
  };
  keep("a", 10);
  keep("b", 10);
  keep("c", 10);
  CHECK(status_of(memory.begin("w", keyed("a"))) == 0);  // beyond answers_max the oldest went
  CHECK(status_of(memory.begin("w", keyed("b"))) == 202);
  keep("d", 990);
  CHECK(memory.stats().answers == 1);  // and beyond bytes_max all others
  CHECK(memory.stats().bytes <= 1'000);
  keep("e", 2'000);
  CHECK(status_of(memory.begin("w", keyed("e"))) == 0);
  CHECK(status_of(memory.begin("w", keyed("d"))) == 202);
  clock.advance(Millis{1'000});
  CHECK(status_of(memory.begin("w", keyed("d"))) == 0);
  CHECK(memory.stats().answers == 0);
  CHECK(memory.stats().bytes == 0);
}

TEST_CASE("a key that is none is 400, and without a key or a window nothing is kept") {
  const FakeClock clock{{}};
  Idempotency memory{{}, clock};
  for (const std::string& bad : {std::string{}, std::string(256, 'k'), std::string{"a\tb"}, std::string{"ä"}})
    CHECK(status_of(memory.begin("w", keyed(bad))) == 400);
  CHECK(status_of(memory.begin("w", keyed(std::string(255, 'k')))) == 0);
  auto without = memory.begin("w", post_binary());
  std::get<Turn>(without).keep(sized(1));
  Idempotency off{{.window = Millis{0}}, clock};
  auto ignored = off.begin("w", keyed("k"));
  std::get<Turn>(ignored).keep(sized(1));
  CHECK(status_of(off.begin("w", keyed("k"))) == 0);
  CHECK(memory.stats().answers + off.stats().answers == 0);
}

}  // namespace godwit::gateway
