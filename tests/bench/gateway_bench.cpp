// What the gateway costs beside a handler that does nothing and beside librdkafka alone, in one run: events a
// second that are stored, and the 99th percentile of a request.
//
//   gateway_bench [EVENTS [BROKERS]]
//
// Without BROKERS each part has librdkafka's mock broker inside its own process. Clients and server share the
// process, so a row is the cost of both.
#include <string>

#include "common/base/uuid.h"
#include "common/http/client.h"
#include "common/http/server.h"
#include "common/kafka/kafka_publisher.h"
#include "producers/gateway/routes.h"
#include "tests/bench/raw_produce.h"

namespace {

using namespace godwit;
using namespace godwit::bench;

constexpr int request_threads = 128;
constexpr int linger_ms = 1, access_linger_ms = 100;  // as godwit-gateway

std::string make_event() {
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/bench/gateway","type":"io.godwit.warning.raised.v1",)"
      R"("subject":"0199c3d2-5a1b-7c3e-9f00-2b6a1c9d8e00","time":"2026-11-21T09:54:19.257Z",)"
      R"("sequence":"00000000000000000042","data":{{"vm_name":"web-1","provider":"vsphere","attempt":1,)"
      R"("host":"mover-3","worker_id":"0199c3d2-5a1b-7c3e-9f00-2b6a1c9d8e7f","message":"the disk is slow"}}}})",
      make_uuid_v7(SystemClock{}.now()));
}

std::string make_batch(int events) {
  std::string out = "[";
  for (int i = 0; i < events; ++i) out.append(i == 0 ? "" : ",").append(make_event());
  return out + "]";
}

// `events` events to the server, `batch` with each request; 0: one, in structured mode.
Measured post(const http::Server& server, int connections, int events, int batch) {
  std::vector<http::Client> clients(static_cast<std::size_t>(connections));
  const std::string type = batch == 0 ? "application/cloudevents+json" : "application/cloudevents-batch+json";
  const auto call = [&](int thread) {
    const auto answer = clients[static_cast<std::size_t>(thread)].send(
        {.method = "POST",
         .url = server.url() + "/api/v1/events",
         .headers = {{"Content-Type", type}},
         .body = batch == 0 ? make_event() : make_batch(batch)});
    GODWIT_CHECK(answer.ok() && answer->status == 202, "{}",
                 answer.ok() ? answer->body : answer.error().message);
  };
  return measure(events, connections, std::max(1, batch), call, [] {});
}

// What HTTP alone takes: the same requests, read whole and answered, with nothing done.
std::unique_ptr<http::Server> start_bare() {
  http::Router router;
  router.post("/api/v1/events", [](const http::Request&) {
    return http::json_response(R"({"ids":["0199c3d2-5a1b-7c3e-9f00-2b6a1c9d8e7f"],"count":1})", 202);
  });
  return std::move(
      http::Server::start({.request_threads = request_threads, .body_bytes_max = 8'000'000}, router).value());
}

// The gateway as godwit-gateway puts it together.
class Gateway {
 public:
  explicit Gateway(const Properties& properties)
      : publisher_(std::move(kafka::KafkaPublisher::create({.client_id = "gateway", .properties = properties},
                                                           {.linger_ms = linger_ms})
                                 .value())),
        access_publisher_(
            std::move(kafka::KafkaPublisher::create({.client_id = "gateway-access", .properties = properties},
                                                    {.linger_ms = access_linger_ms})
                          .value())),
        server_(std::move(
            http::Server::start(
                {.request_threads = request_threads, .body_bytes_max = 8'000'000},
                gateway::make_routes(
                    {.ingest = ingest_, .gate = gate_, .kafka_reachable = []() -> Status { return Done{}; }}))
                .value())) {}
  const http::Server& server() const { return *server_; }

 private:
  SystemClock clock_;
  std::unique_ptr<kafka::KafkaPublisher> publisher_, access_publisher_;
  gateway::AccessLog access_log_{*access_publisher_, clock_};
  gateway::Ingest ingest_{*publisher_, clock_, {.waiting_max = 250}};
  gateway::Gate gate_{{.access_log = &access_log_}, clock_};
  std::unique_ptr<http::Server> server_;
};

}  // namespace

int main(int argc, char** argv) {
  const int events = argc > 1 ? std::stoi(argv[1]) : 100'000;
  const Properties properties =
      argc > 2 ? Properties{{"bootstrap.servers", argv[2]}} : Properties{{"test.mock.num.brokers", "1"}};
  const auto bare = start_bare();
  const Gateway real{properties};
  const Measured base =
      raw_produce(events, properties, [event = make_event()] { return std::string_view{event}; });
  print_head("events in");
  print("librdkafka, 1 thread", base, base);
  for (const int connections : {16, 64}) {
    const auto row = [&](std::string_view what, const http::Server& server, int count, int batch) {
      print(fmt::format("{}, {} connections", what, connections), post(server, connections, count, batch),
            base);
    };
    row("bare handler, single", *bare, events, 0);
    row("gateway, single", real.server(), events, 0);
    row("bare handler, batch of 100", *bare, events * 10, 100);
    row("gateway, batch of 100", real.server(), events * 10, 100);
  }
  return 0;
}
