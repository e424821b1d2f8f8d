#include "producers/gateway/gate.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/lib/temporary_directory.h"
#include "tests/unit/gateway/parts.h"

namespace godwit::gateway {
namespace {

const std::string secret(32, 's');

// The file of one token, and a gateway that asks for it.
struct Guarded {
  testing::TemporaryDirectory directory;
  std::unique_ptr<TokenFile> tokens = open();
  Parts parts{{.tokens = tokens.get(), .rate = {.events_per_second = 1, .burst_events = 5}}};

  std::unique_ptr<TokenFile> open() const {
    const auto path = directory / "tokens";
    std::ofstream{path} << "rack-1 " << secret << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    return std::move(TokenFile::open(path).value());
  }
  http::Response post(std::string_view authorization, std::string body = task_started("a")) {
    http::Request request = post_structured(std::move(body));
    request.remote_address = "192.0.2.7";
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    return parts.ask(request);
  }
};

}  // namespace

TEST_CASE("only a known token lets in, and nothing of an event is looked at before") {
  Guarded guarded;
  const auto none = guarded.post("", "{");
  CHECK(none.status == 401);
  CHECK(header(none, "WWW-Authenticate") == R"(Bearer realm="godwit")");
  for (const std::string& wrong : {"Bearer " + secret + "x", std::string{"Bearer wrong"}}) {
    const auto answer = guarded.post(wrong);
    CHECK(answer.status == 401);
    CHECK(header(answer, "WWW-Authenticate") == R"(Bearer realm="godwit", error="invalid_token")");
    CHECK(answer.body.find("wrong") == std::string::npos);
  }
  CHECK(guarded.post("Basic " + secret).status == 401);
  CHECK(guarded.post("Bearer").status == 401);
  CHECK(guarded.post(secret).status == 401);
  CHECK(guarded.parts.lifecycle().empty());
  CHECK(guarded.post("Bearer " + secret).status == 202);
  CHECK(guarded.post("bearer   " + secret).status == 202);
  CHECK(guarded.parts.gate.stats().tokens_missing == 4);
  CHECK(guarded.parts.gate.stats().tokens_unknown == 2);
}

TEST_CASE("a caller that is too fast gets 429 and the time to wait, and stores nothing") {
  Guarded guarded;
  for (int i = 0; i < 5; ++i) CHECK(guarded.post("Bearer " + secret).status == 202);
  const auto answer = guarded.post("Bearer " + secret);
  CHECK(answer.status == 429);
  CHECK(header(answer, "Retry-After") == "1");
  CHECK(guarded.parts.lifecycle().size() == 5);
  CHECK(guarded.parts.gate.stats().rate_limited == 1);
  guarded.parts.clock.advance(Millis{1'000});
  CHECK(guarded.post("Bearer " + secret).status == 202);
}

TEST_CASE("a batch costs as many events as it holds, good or bad") {
  Parts parts{{.rate = {.events_per_second = 1, .burst_events = 2}}};
  CHECK(parts.ask(post_batch(batch_of({task_started("a"), task_started("b"), task_started("")}))).status ==
        207);
  const auto answer = parts.ask(post_structured(task_started("d")));
  CHECK(answer.status == 429);
  CHECK(header(answer, "Retry-After") == "2");
}

TEST_CASE("requests are counted by status") {
  Parts parts;
  parts.ask(post_structured(task_started("a")));
  parts.ask(post_structured("{"));
  parts.ask(post_structured("{"));
  using Counts = std::vector<std::pair<int, std::uint64_t>>;
  CHECK(parts.gate.stats().requests == Counts{{202, 1}, {400, 2}});
}

TEST_CASE("who called, from where and with what result is an event, and never the token") {
  Guarded guarded;
  guarded.post("Bearer " + secret);
  guarded.post("Bearer " + secret + "x");
  const auto accesses = guarded.parts.accesses();
  REQUIRE(accesses.size() == 2);
  CHECK(accesses[0].subject == "rack-1");
  CHECK(accesses[0].source == "/gateways/test");
  CHECK(accesses[0].data.user == "rack-1");
  CHECK(accesses[0].data.auth == "bearer");
  CHECK(accesses[0].data.ip_address == "192.0.2.7");
  CHECK(accesses[0].data.method == "POST");
  CHECK(accesses[0].data.path == "/api/v1/events");
  CHECK(accesses[0].data.status_code == 202);
  CHECK(accesses[1].subject == "anonymous");
  CHECK(accesses[1].data.auth == "none");
  CHECK(accesses[1].data.status_code == 401);
  for (const auto& record : guarded.parts.publisher.records("platform.activity"))
    CHECK(record.value->find("sss") == std::string::npos);
}

TEST_CASE("whoever has no token cannot fill the log") {
  Guarded guarded;
  for (int i = 0; i < 1'000; ++i) guarded.post("");
  CHECK(guarded.parts.accesses().size() == 10);
  CHECK(guarded.parts.access_log.stats().dropped == 990);
  guarded.post("Bearer " + secret);
  CHECK(guarded.parts.accesses().size() == 11);
}

TEST_CASE("an access with any header and path is an event the catalogue takes") {
  Parts parts;
  http::Request request = post_structured(task_started("a"));
  request.headers.emplace_back("User-Agent", "\xff\x01" + std::string(2'000, 'u'));
  request.path = "/" + std::string(5'000, 'p');
  parts.gate.admit(request, [](const std::string&) { return Served{http::json_response("{}", 202), 1}; });
  request.headers.back().second = std::string(511, 'u') + "é";
  parts.gate.admit(request, [](const std::string&) { return Served{http::json_response("{}", 202), 1}; });
  REQUIRE(parts.accesses().size() == 2);
  CHECK(parts.accesses()[0].data.path->size() == 4'096);
  CHECK(parts.accesses()[1].data.user_agent == std::string(511, 'u') + "?");
}

TEST_CASE("an access that Kafka does not take is counted and costs the request nothing") {
  Parts parts;
  parts.publisher.be(ToldPublisher::Mood::full);
  CHECK(parts.ask(post_structured("{")).status == 400);
  CHECK(parts.access_log.stats().dropped == 1);
  parts.publisher.be(ToldPublisher::Mood::refuse);
  CHECK(parts.ask(post_structured("{")).status == 400);
  CHECK(parts.access_log.stats().failed == 1);
}

TEST_CASE("accesses without an acknowledgement are bounded") {
  ToldPublisher publisher;
  const FakeClock clock{{}};
  AccessLog log{publisher, clock, {.pending_max = 3}};
  publisher.be(ToldPublisher::Mood::silent);
  const http::Request request = post_binary();
  const std::string who = "w";
  for (int i = 0; i < 5; ++i) log.record({.request = request, .caller = who, .status = 202}, false);
  CHECK(publisher.records("platform.activity").size() == 3);
  CHECK(log.stats().dropped == 2);
}

}  // namespace godwit::gateway
