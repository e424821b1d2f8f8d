#include "common/http/multi_client.h"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/http/server.h"

namespace godwit::http {
namespace {

// Lets requests wait until so many of them are there.
class Meeting {
 public:
  bool wait_for(int count) {
    std::unique_lock lock{mutex_};
    ++here_;
    changed_.notify_all();
    return changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return here_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int here_ = 0;
};

TEST_CASE("several requests are under way at the same time, and their answers come in order") {
  Meeting meeting;
  Router router;
  router.get("/{name}", [&](const Request& request) {
    return text_response(meeting.wait_for(3) ? request.param("name") : "alone");
  });
  const auto server = std::move(Server::start({}, router).value());
  MultiClient client;
  const auto answers = client.send(
      {{.url = server->url() + "/a"}, {.url = server->url() + "/b"}, {.url = server->url() + "/c"}},
      Millis{10'000});
  REQUIRE(answers.size() == 3);
  CHECK(answers[0]->body == "a");
  CHECK(answers[1]->body == "b");
  CHECK(answers[2]->body == "c");
}

TEST_CASE("who does not answer in time is an error of its own, and the others' answers stay") {
  std::stop_source ending;
  Router router;
  router.get("/quick", [](const Request&) { return text_response("here"); });
  router.get("/never", [&](const Request&) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock{mutex};
    changed.wait_for(lock, ending.get_token(), std::chrono::seconds{30}, [] { return false; });
    return text_response("late");
  });
  const auto server = std::move(Server::start({}, router).value());
  MultiClient client;
  const auto answers = client.send({{.url = server->url() + "/never"},
                                    {.url = server->url() + "/quick"},
                                    {.url = "http://127.0.0.1:1/"},
                                    {.url = "nonsense"}},
                                   Millis{300});
  ending.request_stop();
  REQUIRE(answers.size() == 4);
  REQUIRE_FALSE(answers[0]);
  CHECK(answers[0].error().kind == ErrorKind::transient);
  CHECK(answers[1]->body == "here");
  CHECK(answers[2].error().kind == ErrorKind::transient);
  CHECK_FALSE(answers[3]);
}

TEST_CASE("one call more than allowed waits for its turn, and no longer than its time") {
  Meeting begun;
  std::stop_source ending;
  Router router;
  router.get("/slow", [&](const Request&) {
    begun.wait_for(1);
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock{mutex};
    changed.wait_for(lock, ending.get_token(), std::chrono::seconds{30}, [] { return false; });
    return text_response("done");
  });
  const auto server = std::move(Server::start({}, router).value());
  MultiClient client{{.sends_max = 1}};
  std::jthread first{
      [&] { CHECK(client.send({{.url = server->url() + "/slow"}}, Millis{20'000}).front().ok()); }};
  CHECK(begun.wait_for(2));
  CHECK_FALSE(client.send({{.url = server->url() + "/slow"}}, Millis{50}).front());
  ending.request_stop();
}

TEST_CASE("a body goes to the sink as it comes, and a refusal does not") {
  Router router;
  router.get("/stream", [](const Request&) {
    Response response = text_response("");
    response.stream = [](StreamWriter& out) {
      for (int i = 0; i < 3; ++i) out.send("piece ");
    };
    return response;
  });
  const auto server = std::move(Server::start({}, router).value());
  Client client;
  std::string got;
  const BodySink sink = [&](std::string_view bytes) {
    got += bytes;
    return true;
  };
  REQUIRE(client.send({.url = server->url() + "/stream", .sink = sink}));
  CHECK(got == "piece piece piece ");
  const auto refused = client.send({.url = server->url() + "/nothing", .sink = sink});
  REQUIRE(refused);
  CHECK(refused->status == 404);
  CHECK_FALSE(refused->body.empty());
  CHECK(got == "piece piece piece ");
  CHECK_FALSE(
      client.send({.url = server->url() + "/stream", .sink = [](std::string_view) { return false; }}));
}

}  // namespace
}  // namespace godwit::http
