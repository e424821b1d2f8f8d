// Live streams over real sockets: the event loop behind a server.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <mutex>
#include <thread>

#include "common/http/client.h"
#include "common/http/server.h"
#include "common/http/sse.h"
#include "common/http/websocket.h"
#include "tests/unit/http/raw_connection.h"

namespace godwit::http {
namespace {

using SinkPtr = std::shared_ptr<LiveSink>;

Piece piece(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

// A server with one stream of events, whose sinks a test writes to, and an echo over WebSocket.
struct Rig {
  explicit Rig(const LiveLimits& limits = {}, const ServerOptions& base = {}) {
    Router router;
    router.get("/live", [this](const Request&) {
      Response out = sse_response({});
      out.live = std::make_shared<const LiveStream>(LiveStream{.kind = LiveKind::sse,
                                                               .begin =
                                                                   [this](SinkPtr sink) {
                                                                     const std::lock_guard lock{mutex};
                                                                     sinks.push_back(std::move(sink));
                                                                   },
                                                               .heard = {}});
      return out;
    });
    router.get("/ws", [](const Request&) {
      Response out;
      out.live = std::make_shared<const LiveStream>(LiveStream{
          .kind = LiveKind::websocket,
          .begin = [](const SinkPtr&) {},
          .heard = [](const SinkPtr& sink,
                      std::string_view text) { sink->send({piece(websocket_frame(Opcode::text, text))}); }});
      return out;
    });
    router.get("/plain", [](const Request&) { return text_response("plain"); });
    ServerOptions options = base;
    options.live = limits;
    server = std::move(Server::start(options, std::move(router)).value());
  }

  SinkPtr sink(std::size_t index) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (std::chrono::steady_clock::now() < deadline) {
      {
        const std::lock_guard lock{mutex};
        if (index < sinks.size()) return sinks[index];
      }
      std::this_thread::yield();
    }
    return nullptr;
  }

  std::mutex mutex;
  std::vector<SinkPtr> sinks;  // by mutex
  std::unique_ptr<Server> server;
};

const char* const get_live = "GET /live HTTP/1.1\r\nHost: x\r\n\r\n";

template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

std::uint64_t closed(const Server& server, const std::string& reason) {
  const auto stats = server.stats();
  const auto found = stats.live.closed_total.find(reason);
  return found == stats.live.closed_total.end() ? 0 : found->second;
}

// A frame as a client sends it: masked.
std::string masked(Opcode opcode, std::string_view payload, bool last = true) {
  std::string out{static_cast<char>((last ? 0x80U : 0U) | static_cast<unsigned>(opcode))};
  out += static_cast<char>(0x80U | payload.size());
  const std::string mask = "abcd";
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

}  // namespace

TEST_CASE("a live stream sends what its sink gets, from any thread, and ends when it is finished") {
  Rig rig;
  RawConnection raw{rig.server->address()};
  raw.send(get_live);
  const auto sink = rig.sink(0);
  REQUIRE(sink);
  CHECK(sink->send({piece("data: 1\n\n"), piece("data: 2\n\n")}));
  CHECK(raw.read_until("data: 2\n\n").find("Content-Type: text/event-stream\r\n") != std::string::npos);
  sink->finish();
  CHECK(raw.read_to_end().ends_with("data: 1\n\ndata: 2\n\n"));
  CHECK(raw.closed());
  CHECK_FALSE(sink->send({piece("late")}));
  CHECK(eventually([&] { return closed(*rig.server, "ended") == 1 && rig.server->stats().live.open == 0; }));
}

TEST_CASE("many live streams need no more threads than a few, and other requests are answered beside them") {
  Rig rig{{}, {.request_threads = 2, .streams_max = 0}};
  std::vector<std::unique_ptr<RawConnection>> all;
  for (std::size_t i = 0; i < 100; ++i) {
    all.push_back(std::make_unique<RawConnection>(rig.server->address()));
    all.back()->send(get_live);
    REQUIRE(rig.sink(i));
  }
  CHECK(rig.server->stats().live.open == 100);
  CHECK(Client{}.send({.url = rig.server->url() + "/plain"})->body == "plain");
  for (std::size_t i = 0; i < 100; ++i) rig.sink(i)->send({piece(fmt::format("data: for {}\n\n", i))});
  for (std::size_t i = 0; i < 100; ++i)
    CHECK(all[i]->read_until("data: ").find(fmt::format("data: for {}\n", i)) != std::string::npos);
}

TEST_CASE("one live stream more than there are places is 503 with Retry-After, until one ends") {
  Rig rig{{.streams_max = 1}};
  auto first = std::make_unique<RawConnection>(rig.server->address());
  first->send(get_live);
  REQUIRE(rig.sink(0));
  const auto refused = Client{}.send({.url = rig.server->url() + "/live"});
  REQUIRE(refused.ok());
  CHECK(refused->status == 503);
  CHECK(refused->header("Retry-After") == "5");
  CHECK(rig.server->stats().live.refused_total == 1);
  first.reset();
  CHECK(eventually([&] { return rig.server->stats().live.open == 0; }));
  RawConnection next{rig.server->address()};
  next.send(get_live);
  CHECK(rig.sink(1));
}

TEST_CASE("a silent stream beats, so that nobody takes it for dead") {
  Rig rig{{.heartbeat = Millis{1}}};
  RawConnection raw{rig.server->address()};
  raw.send(get_live);
  CHECK(raw.read_until("\r\n\r\n:\n\n:\n\n").find(":\n\n:\n\n") != std::string::npos);
}

TEST_CASE("a client that does not read is cut off, and the others get theirs meanwhile") {
  Rig rig{{.queue_bytes_max = 1'000'000'000, .slow_max = Millis{300}}};
  RawConnection deaf{rig.server->address()};
  deaf.send(get_live);
  const auto stuck = rig.sink(0);
  RawConnection other{rig.server->address()};
  other.send(get_live);
  const auto lively = rig.sink(1);
  REQUIRE(stuck);
  REQUIRE(lively);
  const Piece big = piece(std::string(1'000'000, 'x'));
  for (int i = 0; i < 64; ++i) stuck->send({big});
  lively->send({piece("data: here\n\n")});
  CHECK(other.read_until("data: here").find("data: here") != std::string::npos);
  CHECK(eventually([&] { return stuck->closed() && closed(*rig.server, "slow") == 1; }));
  CHECK_FALSE(lively->closed());
}

TEST_CASE("what waits for one client is bounded") {
  Rig rig{{.queue_bytes_max = 10'000'000}};
  RawConnection deaf{rig.server->address()};
  deaf.send(get_live);
  const auto sink = rig.sink(0);
  REQUIRE(sink);
  const Piece big = piece(std::string(4'000'000, 'x'));
  bool taken = true;
  for (int i = 0; i < 64 && taken; ++i) taken = sink->send({big});
  CHECK_FALSE(taken);
  CHECK(eventually([&] { return sink->closed() && closed(*rig.server, "overflow") == 1; }));
  CHECK(sink->queued_bytes() == 0);
}

TEST_CASE("stop says good-bye on every live stream and tells when to come back") {
  Rig rig;
  RawConnection raw{rig.server->address()};
  raw.send(get_live);
  REQUIRE(rig.sink(0));
  rig.server->stop();
  const std::string all = raw.read_to_end();
  CHECK(raw.closed());
  CHECK(all.find("retry: 2000\n\nevent: bye\ndata: {") != std::string::npos);
  CHECK(rig.sink(0)->closed());
}

TEST_CASE("a websocket is agreed on, echoes, puts fragments together, answers pings and closes") {
  Rig rig;
  RawConnection raw{rig.server->address()};
  raw.send(
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  const std::string head = raw.read_until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 101 "));
  CHECK(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos);
  raw.send(masked(Opcode::text, "hel", false) + masked(Opcode::ping, "?") +
           masked(Opcode::continuation, "lo"));
  const std::string answers = raw.read_until("hello");
  CHECK(answers.find(websocket_frame(Opcode::pong, "?")) != std::string::npos);
  CHECK(answers.find(websocket_frame(Opcode::text, "hello")) != std::string::npos);
  raw.send(masked(Opcode::close, "\x03\xe8"));
  CHECK(raw.read_to_end().ends_with(websocket_frame(Opcode::close, "\x03\xe8")));
  CHECK(raw.closed());
}

TEST_CASE("a path that speaks WebSocket says so to who does not, and breaking the protocol ends it") {
  Rig rig;
  const auto plain = Client{}.send({.url = rig.server->url() + "/ws"});
  REQUIRE(plain.ok());
  CHECK(plain->status == 426);
  RawConnection raw{rig.server->address()};
  raw.send(
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n");
  raw.read_until("\r\n\r\n");
  raw.send(websocket_frame(Opcode::text, "unmasked"));
  CHECK(raw.read_to_end().find("this is not what was agreed on") != std::string::npos);
  CHECK(eventually([&] { return closed(*rig.server, "broken") == 1; }));
}

}  // namespace godwit::http
