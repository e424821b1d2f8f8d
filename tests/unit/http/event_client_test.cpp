#include "common/http/event_client.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "common/http/server.h"

namespace godwit::http {
namespace {

// Keeps what came of requests, by name, until somebody asks.
class Answers {
 public:
  EventClient::Sent keep(const std::string& name) {
    return [this, name](Result<ClientResponse> result, std::chrono::microseconds) {
      {
        const std::lock_guard lock{mutex_};
        all_.emplace(name, std::move(result));
      }
      changed_.notify_all();
    };
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return all_.size() >= count; });
  }
  const Result<ClientResponse>& of(const std::string& name) {
    const std::lock_guard lock{mutex_};
    return all_.at(name);
  }
  std::size_t count() {
    const std::lock_guard lock{mutex_};
    return all_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Result<ClientResponse>> all_;
};

// Requests wait at /held until it opens.
class Door {
 public:
  Response pass(const Request&) {
    std::unique_lock lock{mutex_};
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return open_; });
    return text_response("passed");
  }
  bool wait_for(int count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return waiting_ >= count; });
  }
  int waiting() {
    const std::lock_guard lock{mutex_};
    return waiting_;
  }
  void open() {
    {
      const std::lock_guard lock{mutex_};
      open_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

struct Peer {
  Door door;
  std::unique_ptr<Server> server;

  Peer() {
    Router router;
    router.post("/held", [this](const Request& request) { return door.pass(request); });
    router.post("/echo", [](const Request& request) { return text_response(request.body); });
    router.post("/long", [](const Request&) { return text_response(std::string(10 * 1024 * 1024, 'x')); });
    router.post("/moved", [](const Request&) {
      return Response{.status = 302, .headers = {{"Location", "/echo"}}};
    });
    server = std::move(Server::start({}, std::move(router)).value());
  }
  ~Peer() {
    door.open();
    server->stop();
  }
  ClientRequest post(const std::string& path, const std::string& body = "hello") const {
    return {.method = "POST", .url = server->url() + path, .body = body};
  }
};

}  // namespace

TEST_CASE("many requests are under way at once, and one that hangs holds up no other") {
  Peer peer;
  EventClient client;
  Answers answers;
  client.send(peer.post("/held"), answers.keep("held"));
  REQUIRE(peer.door.wait_for(1));
  for (int i = 0; i < 200; ++i)
    client.send(peer.post("/echo", fmt::format("{}", i)), answers.keep(fmt::format("{}", i)));
  REQUIRE(answers.wait_for(200));
  for (int i = 0; i < 200; ++i) CHECK(answers.of(fmt::format("{}", i))->body == fmt::format("{}", i));
  peer.door.open();
  REQUIRE(answers.wait_for(201));
  CHECK(answers.of("held")->body == "passed");
}

TEST_CASE("no more than the bound are under way, and the next one goes when one has ended") {
  Peer peer;
  EventClient client{{.in_flight_max = 3}};
  Answers answers;
  for (int i = 0; i < 5; ++i) client.send(peer.post("/held"), answers.keep(fmt::format("{}", i)));
  REQUIRE(peer.door.wait_for(3));
  CHECK(peer.door.waiting() == 3);
  peer.door.open();
  REQUIRE(answers.wait_for(5));
}

TEST_CASE("an answer is cut at its bound, a redirect is an answer, a hang ends in time") {
  Peer peer;
  EventClient client;
  Answers answers;
  ClientRequest bounded = peer.post("/long");
  bounded.response_bytes_max = 4096;
  client.send(bounded, answers.keep("long"));
  client.send(peer.post("/moved"), answers.keep("moved"));
  ClientRequest hasty = peer.post("/held");
  hasty.total_timeout = Millis{50};
  client.send(hasty, answers.keep("hasty"));
  REQUIRE(answers.wait_for(3));
  CHECK(answers.of("long")->body.size() == 4096);
  CHECK(answers.of("long")->body_cut);
  CHECK(answers.of("moved")->status == 302);
  CHECK(answers.of("hasty").error().kind == ErrorKind::transient);
}

TEST_CASE("what is wrong with a request is told like an answer, and so is a host that is private") {
  Peer peer;
  EventClient client;
  Answers answers;
  client.send({.url = "gopher://127.0.0.1"}, answers.keep("scheme"));
  ClientRequest open = peer.post("/echo");
  client.send(open, answers.keep("open"));
  REQUIRE(answers.wait_for(2));
  CHECK(answers.of("scheme").error().kind == ErrorKind::invalid);
  REQUIRE(answers.of("open").ok());
  // The connection from before leads there; the request must not use it.
  open.public_only = true;
  client.send(open, answers.keep("same address"));
  // A name that now turns to a private address.
  const std::string url = peer.server->url();
  client.send({.method = "POST",
               .url = "http://localhost" + url.substr(url.rfind(':')) + "/echo",
               .public_only = true},
              answers.keep("name"));
  client.send(Mail{.server = "smtp://localhost" + url.substr(url.rfind(':')),
                   .from = "godwit@example.org",
                   .to = {"ops@example.org"},
                   .bytes = "Subject: x\r\n\r\nx\r\n",
                   .public_only = true},
              answers.keep("mail"));
  REQUIRE(answers.wait_for(5));
  for (const char* refused : {"same address", "name", "mail"}) {
    REQUIRE_FALSE(answers.of(refused).ok());
    CHECK(answers.of(refused).error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("a mail without a recipient, or to an address that could say more to the server, is not sent") {
  EventClient client;
  Answers answers;
  client.send(Mail{.server = "smtp://127.0.0.1:9", .from = "a@b.example", .to = {}, .bytes = "x"},
              answers.keep("none"));
  client.send(Mail{.server = "smtp://127.0.0.1:9",
                   .from = "a@b.example",
                   .to = {"c@d.example>\r\nRCPT TO:<e"},
                   .bytes = "x"},
              answers.keep("more"));
  REQUIRE(answers.wait_for(2));
  CHECK(answers.of("none").error().kind == ErrorKind::invalid);
  CHECK(answers.of("more").error().kind == ErrorKind::invalid);
}

TEST_CASE("a client that ends gives up what is under way") {
  Peer peer;
  Answers answers;
  {
    EventClient client;
    client.send(peer.post("/held"), answers.keep("held"));
    REQUIRE(peer.door.wait_for(1));
  }
  CHECK(answers.count() == 0);
}

}  // namespace godwit::http
