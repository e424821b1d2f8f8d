// openapi.json says what the gateway does: every status it names is produced here, and no other is.
#include "producers/gateway/openapi.h"

#include <doctest/doctest.h>

#include <fstream>
#include <set>

#include "common/http/encoding.h"
#include "common/http/server.h"
#include "common/json/fields.h"
#include "tests/lib/temporary_directory.h"
#include "tests/unit/gateway/parts.h"
#include "tests/unit/http/raw_connection.h"

namespace godwit::gateway {
namespace {

using Mood = ToldPublisher::Mood;
using Statuses = std::set<std::string>;  // "post /api/v1/events 202"

std::string line(std::string_view method, std::string_view path, int status) {
  return fmt::format("{} {} {}", http::lower_case(method), path, status);
}

Statuses documented() {
  rapidjson::Document parsed;
  parsed.Parse(openapi.data(), openapi.size());
  const rapidjson::Document& document = parsed;
  Statuses out;
  for (const auto& path : document["paths"].GetObject())
    for (const auto& operation : path.value.GetObject())
      for (const auto& response : operation.value["responses"].GetObject())
        out.insert(
            line(operation.name.GetString(), path.name.GetString(), std::stoi(response.name.GetString())));
  return out;
}

// Asks a gateway in all the ways there are and notes what came of it.
class Asked {
 public:
  void ask(const http::Request& request) { ask(parts_, request); }
  void ask(Parts& parts, const http::Request& request) {
    seen.insert(line(request.method, request.path, parts.ask(request).status));
  }
  void ask_in(Mood mood, const http::Request& request) {
    parts_.publisher.be(mood);
    ask(request);
    parts_.publisher.be(Mood::acknowledge);
  }
  // Bytes to a real server, whose own refusals come before any handler's.
  void tell(const std::string& headers) {
    const auto server =
        std::move(http::Server::start({.request_timeout = Millis{200}}, parts_.routes()).value());
    http::RawConnection raw{server->address()};
    raw.send("POST /api/v1/events HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    const std::string answer = raw.read_to_end();
    REQUIRE(answer.size() > 12);
    seen.insert(line("post", "/api/v1/events", std::stoi(answer.substr(9, 3))));
  }
  Parts& parts() { return parts_; }

  Statuses seen;

 private:
  Parts parts_{{.cors = *Cors::allow({"https://ops.example.com"})}, {.acknowledge_timeout = Millis{1}}};
};

void ask_for_events(Asked& asked) {
  const http::Request good = post_structured(task_started("a"));
  asked.ask(good);
  asked.ask(post_batch(batch_of({task_started("a"), "7"})));
  asked.ask(post_structured("{"));
  asked.ask(post_structured(std::string(1'000'001, ' ')));
  asked.ask(post("text/plain", "a"));
  asked.ask_in(Mood::full, good);
  asked.ask_in(Mood::silent, good);
  asked.ask_in(Mood::refuse, good);
  asked.ask(with_header(good, "Idempotency-Key", "k"));
  asked.ask(with_header(post_structured(task_started("b")), "Idempotency-Key", "k"));
  asked.tell("Content-Length: 5\r\n");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "a: b\r\n";
  asked.tell(many);
}

// A second request while the first with its key waits for Kafka.
void ask_twice_at_once(Asked& asked) {
  const FakeClock clock{{}};
  Idempotency memory{{}, clock};
  const http::Request keyed = with_header(post_binary(), "Idempotency-Key", "k");
  const auto first = memory.begin("w", keyed);
  const auto second = memory.begin("w", keyed);
  asked.seen.insert(line("post", keyed.path, std::get<http::Response>(second).status));
}

void ask_without_token(Asked& asked) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "tokens";
  std::ofstream{path} << "w " << std::string(32, 't') << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  const auto tokens = std::move(TokenFile::open(path).value());
  Parts guarded{{.tokens = tokens.get()}};
  asked.ask(guarded, post_binary());
}

}  // namespace

TEST_CASE("every status that openapi.json documents is produced, and no other") {
  Asked asked;
  ask_for_events(asked);
  ask_twice_at_once(asked);
  ask_without_token(asked);
  for (const char* origin : {"https://ops.example.com", "https://evil.example.com"})
    asked.ask(with_header(*http::make_request("OPTIONS", "/api/v1/events"), "Origin", origin));
  for (const char* path : {"/openapi.json", "/healthz", "/readyz", "/metrics"})
    asked.ask(*http::make_request("GET", path));
  const auto away = make_routes({.ingest = asked.parts().ingest,
                                 .gate = asked.parts().gate,
                                 .kafka_reachable = []() -> Status { return transient_error("away"); }});
  asked.seen.insert(line("get", "/readyz", away.handle(*http::make_request("GET", "/readyz")).status));
  CHECK(asked.seen == documented());
  for (const std::string& status : documented()) {
    CAPTURE(status);
    CHECK(asked.seen.count(status) == 1);
  }
}

TEST_CASE("the document is served as it is written") {
  Parts parts;
  const auto answer = parts.ask(*http::make_request("GET", "/openapi.json"));
  CHECK(answer.content_type == "application/json");
  CHECK(answer.body == openapi);
}

}  // namespace godwit::gateway
